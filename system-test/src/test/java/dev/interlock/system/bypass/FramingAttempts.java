package dev.interlock.system.bypass;

import static dev.interlock.system.bypass.BypassAttempt.same;
import static dev.interlock.system.bypass.Requests.quoted;
import static dev.interlock.system.bypass.Requests.raw;

import dev.interlock.system.bypass.BypassAttempt.AttemptHarm;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests that two readers read differently. The provider's server is lenient, like many. In cases that it does not
 * accept, the direct request is the one that a lenient server would have read.
 */
final class FramingAttempts {

    private static final AttemptHarm DELETED = new AttemptHarm.ExecutedRootField("volumeDelete");
    private static final String DOCUMENT = "mutation { volumeDelete(volumeId: \"" + SimulatedProvider.SHARED + "\") }";
    private static final String DELETE = "{\"query\":" + quoted(DOCUMENT) + "}";
    private static final String READ =
            "{\"query\":" + quoted("{ environment(id: \"" + SimulatedProvider.STAGING + "\") { id } }") + "}";
    private static final byte[] PROOF = Requests.postJson(DELETE);

    private FramingAttempts() {}

    static List<BypassAttempt> all() {
        List<BypassAttempt> all = new ArrayList<>(lengths());
        all.addAll(heads());
        all.addAll(targets());
        return all;
    }

    private static List<BypassAttempt> lengths() {
        String chunked = Integer.toHexString(DELETE.length()) + "\r\n" + DELETE + "\r\n0\r\n\r\n";
        String smuggled = "POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + DELETE.length()
                + "\r\nConnection: close\r\n\r\n" + DELETE;
        return List.of(
                proved("CL and TE", chunked, "Content-Length: 4", "Transfer-Encoding: chunked"),
                proved("TE and CL", chunked, "Transfer-Encoding: chunked", "Content-Length: " + chunked.length()),
                proved("two lengths", DELETE, "Content-Length: 0", "Content-Length: " + DELETE.length()),
                proved("a list of lengths", DELETE, "Content-Length: 0, " + DELETE.length()),
                proved("a signed length", DELETE, "Content-Length: +" + DELETE.length()),
                proved("a length in hex", DELETE, "Content-Length: 0x" + Integer.toHexString(DELETE.length())),
                proved("TE with a tab", chunked, "Transfer-Encoding:\tchunked", "Content-Length: 4"),
                proved("TE with a blank before the colon", chunked, "Transfer-Encoding : chunked"),
                proved("TE of another name", chunked, "Transfer-Encoding: xchunked"),
                proved("TE twice", chunked, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
                proved("TE with identity", chunked, "Transfer-Encoding: identity, chunked"),
                proved("TE in a folded line", chunked, "X-A: b", " Transfer-Encoding: chunked"),
                proved("TE behind a vertical tab", chunked, "Transfer-Encoding: \u000bchunked"),
                proved(
                        "a chunk with an extension",
                        chunked.replaceFirst("\r\n", ";a=b\r\n"),
                        "Transfer-Encoding: chunked"),
                proved(
                        "chunks of AWS in chunks",
                        chunk(signedChunk(DELETE) + signedChunk("")) + chunk(""),
                        "Transfer-Encoding: chunked",
                        "Content-Encoding: aws-chunked",
                        "X-Amz-Decoded-Content-Length: " + DELETE.length()),
                proved(
                        "a chunk that ends with a bare LF",
                        chunked.replaceFirst("\r\n", "\n"),
                        "Transfer-Encoding: chunked"),
                proved(
                        "a trailer",
                        chunked.replace("0\r\n\r\n", "0\r\nAuthorization: Bearer ${found}\r\n\r\n"),
                        "Transfer-Encoding: chunked"),
                pipelined("pipelined behind a read", READ, smuggled),
                pipelined("pipelined behind a length too short", READ, READ + smuggled));
    }

    private static String chunk(String content) {
        return Integer.toHexString(content.length()) + "\r\n" + content + "\r\n";
    }

    private static String signedChunk(String content) {
        return chunk(content).replaceFirst("\r\n", ";chunk-signature=" + "0".repeat(64) + "\r\n");
    }

    /** The first request has the length of a read; the rest is a request of its own, or nothing. */
    private static BypassAttempt pipelined(String name, String first, String rest) {
        byte[] wire = raw(
                "${path}",
                List.of(
                        "Host: ${host}",
                        "Authorization: Bearer ${token}",
                        "Content-Type: application/json",
                        "Content-Length: " + first.length()),
                first + rest);
        return name.contains("short")
                ? new BypassAttempt(name, PROOF, wire, DELETED, List.of())
                : same(name, wire, DELETED);
    }

    private static List<BypassAttempt> heads() {
        String length = "Content-Length: " + DELETE.length();
        return List.of(
                proved("a folded Authorization", DELETE, length, "X-A: b", "\tProject-Access-Token: ${found}"),
                proved("Host twice", DELETE, length, "Host: backboard.railway.com"),
                proved("Host twice, the same", DELETE, length, "Host: ${host}"),
                proved("X-HTTP-Method-Override", DELETE, length, "X-HTTP-Method-Override: GET"),
                proved(
                        "X-Forwarded-Host and X-Original-URL",
                        DELETE,
                        length,
                        "X-Forwarded-Host: backboard.railway.com",
                        "X-Original-URL: /graphql/v2"),
                proved(
                        "h2c upgrade",
                        DELETE,
                        length,
                        "Connection: Upgrade, HTTP2-Settings",
                        "Upgrade: h2c",
                        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
                proved(
                        "WebSocket upgrade",
                        DELETE,
                        length,
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                        "Sec-WebSocket-Version: 13"),
                proved(
                        "SPDY upgrade, as kubectl asks",
                        DELETE,
                        length,
                        "Connection: Upgrade",
                        "Upgrade: SPDY/3.1",
                        "X-Stream-Protocol-Version: v4.channel.k8s.io"),
                new BypassAttempt(
                        "WebSocket upgrade by GET",
                        PROOF,
                        raw(
                                "GET",
                                "${path}?query=" + URLEncoder.encode(DOCUMENT, StandardCharsets.UTF_8),
                                List.of(
                                        "Host: ${host}",
                                        "Authorization: Bearer ${token}",
                                        "Connection: Upgrade",
                                        "Upgrade: websocket",
                                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                                        "Sec-WebSocket-Version: 13",
                                        "Sec-WebSocket-Protocol: v5.channel.k8s.io"),
                                ""),
                        DELETED,
                        List.of()),
                proved(
                        "somebody else's name in fields that proxies trust",
                        DELETE,
                        length,
                        "Impersonate-User: system:admin",
                        "Impersonate-Group: system:masters",
                        "X-Remote-User: root",
                        "X-Forwarded-User: root"),
                proved("Expect of something else", DELETE, length, "Expect: 200-maybe"),
                proved("a field without a name", DELETE, length, ": x"),
                proved("a NUL in a field", DELETE, length, "X-A: a\0b"),
                proved("Content-Type twice", DELETE, length, "Content-Type: text/plain"),
                method("lower-case method", "post"),
                method("unknown method", "QUERY"),
                method("TRACE", "TRACE"),
                method("CONNECT to the provider", "CONNECT", "backboard.railway.com:443"),
                new BypassAttempt(
                        "half of HTTP/2",
                        PROOF,
                        Requests.latin("PRI * HTTP/2.0\r\n\r\nPOST ${path} HTTP/1.1\r\n\r\n"),
                        DELETED,
                        List.of()),
                new BypassAttempt("HTTP/0.9", PROOF, Requests.latin("POST ${path}\r\n\r\n"), DELETED, List.of()),
                new BypassAttempt(
                        "HTTP/1.0 without a Host",
                        PROOF,
                        Requests.latin("POST ${path} HTTP/1.0\r\n"
                                + "Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n" + length
                                + "\r\n\r\n"
                                + DELETE),
                        DELETED,
                        List.of()));
    }

    private static List<BypassAttempt> targets() {
        return List.of(
                target("absolute form with the provider's name", "https://backboard.railway.com/graphql/v2"),
                target("absolute form", "http://${host}${path}"),
                target("the address of cloud metadata", "http://169.254.169.254/latest/meta-data/iam/"),
                target("an address as a path", "/http://169.254.169.254/latest/meta-data/iam/"),
                target("another upstream's name", "/nowhere/graphql/v2"),
                target("no upstream", "/graphql/v2"),
                target("dots", "/railway/x/../graphql/v2"),
                target("encoded dots", "/railway/x/%2e%2e/graphql/v2"),
                target("half-encoded dots", "/railway/x/.%2E/graphql/v2"),
                target("dots above the upstream", "/nowhere/../railway/graphql/v2"),
                target("two slashes", "/railway//graphql/v2"),
                target("a slash at the end", "/railway/graphql/v2/"),
                target("an encoded slash", "/railway/graphql%2fv2"),
                target("a backslash", "/railway/graphql\\v2"),
                target("a parameter in a segment", "/railway/graphql;a=b/v2"),
                target("an encoded letter", "/railway/graph%71l/v2"),
                target("an encoded letter, encoded", "/railway/graph%2571l/v2"),
                target("an encoded NUL", "/railway/graphql/v2%00"),
                target("capitals", "/railway/GraphQL/v2"),
                target("a fragment", "${path}#x"),
                target("an older endpoint", "/railway/graphql"),
                target("the echo of credentials", "/railway/echo-auth"),
                target("a redirect", "/railway/redirect?to=https://elsewhere.example/"));
    }

    private static BypassAttempt proved(String name, String body, String... framing) {
        List<String> fields = new ArrayList<>(
                List.of("Host: ${host}", "Authorization: Bearer ${token}", "Content-Type: application/json"));
        fields.addAll(List.of(framing));
        return new BypassAttempt(name, PROOF, raw("${path}", fields, body), DELETED, List.of());
    }

    private static BypassAttempt method(String name, String method) {
        return method(name, method, "${path}");
    }

    private static BypassAttempt method(String name, String method, String target) {
        return new BypassAttempt(name, PROOF, raw(method, target, fields(), DELETE), DELETED, List.of());
    }

    private static BypassAttempt target(String name, String target) {
        return new BypassAttempt(name, PROOF, raw(target, fields(), DELETE), DELETED, List.of());
    }

    private static List<String> fields() {
        return List.of(
                "Host: ${host}",
                "Authorization: Bearer ${token}",
                "Content-Type: application/json",
                "Content-Length: " + DELETE.length());
    }
}
