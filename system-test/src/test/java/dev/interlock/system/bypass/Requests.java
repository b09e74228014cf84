package dev.interlock.system.bypass;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes requests by hand. */
final class Requests {

    static final String JSON = "application/json";

    private Requests() {}

    /** Returns a request that every server understands; one part of it may be wrong. */
    static byte[] post(String type, byte[] body, String... fields) {
        String lines = String.join("\r\n", fields);
        String head =
                "POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + body.length + "\r\nConnection: close\r\n"
                        + (fields.length == 0 ? "" : lines + "\r\n") + "\r\n";
        return concat(latin(head), body);
    }

    static byte[] postJson(String body) {
        return post(JSON, utf8(body));
    }

    static byte[] query(String document) {
        return postJson("{\"query\":" + quoted(document) + "}");
    }

    static byte[] query(String document, String variables) {
        return postJson("{\"query\":" + quoted(document) + ",\"variables\":" + variables + "}");
    }

    /** Returns a request with exactly these fields and any body. */
    static byte[] raw(String target, List<String> fields, String body) {
        return raw("POST", target, fields, body);
    }

    static byte[] raw(String method, String target, List<String> fields, String body) {
        return latin(method + " " + target + " HTTP/1.1\r\n" + String.join("\r\n", fields) + "\r\n\r\n" + body);
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    static byte[] concat(byte[] one, byte[] two) {
        byte[] both = java.util.Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        return both;
    }

    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
