package dev.interlock.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Requests that two servers may read differently, as bytes of one HTTP/1.1 connection. Many of them hide a deletion,
 * which takes effect if a server reads the rest of the bytes as another request.
 *
 * <p>In the text of one, {@code ${at}} is the upstream's prefix, and {@code ${host}} the gateway.
 */
final class SmugglingRequests {

    private static final String BYTES = "Content-Type: application/octet-stream\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String NOTE = "{\"note\":\"n\"}";

    /** A deletion for a server behind the gateway; it swallows the rest of the head. */
    private static final String PLAIN_EVIL = "DELETE /items/i-evil HTTP/1.1\r\nHost: a\r\nX-Rest: ";

    private static final int LONG = 1024 * 1024 + 7;

    private final List<RawConnection> all = new ArrayList<>();
    private final String at;
    private final String host;
    private final String hostLine;
    private final String leaseLine;
    /** A deletion for the gateway itself, which no policy permits. */
    private final String evil;

    private final String get;
    private final String upload;
    private final String put;
    private final String ask;

    private SmugglingRequests(String upstream, String host, String lease) {
        at = "/" + upstream;
        this.host = host;
        hostLine = "Host: " + host + "\r\n";
        leaseLine = "Authorization: Bearer " + lease + "\r\n";
        evil = "DELETE " + at + "/items/i-evil HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n";
        get = "GET " + at + "/items/i-1 HTTP/1.1\r\n" + hostLine + leaseLine;
        upload = "POST " + at + "/items/i-1/file HTTP/1.1\r\n" + hostLine + leaseLine + BYTES;
        put = "PUT " + at + "/items/i-1 HTTP/1.1\r\n" + hostLine + leaseLine + JSON;
        ask = "POST " + at + "q/graphql HTTP/1.1\r\n" + hostLine + leaseLine;
    }

    /**
     * One connection.
     *
     * @param wire all bytes that the client sends, before it ends its side
     * @param decided how many of its calls may go
     */
    record RawConnection(String name, byte[] wire, int decided) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<RawConnection> all(String upstream, String host, String lease) throws IOException {
        SmugglingRequests tries = new SmugglingRequests(upstream, host, lease);
        tries.bothLengths();
        tries.transferCodings();
        tries.lengths();
        tries.chunks();
        tries.heads();
        tries.requestLines();
        tries.authorities();
        tries.fieldsWithAMeaning();
        tries.targets();
        tries.oneBehindAnother();
        tries.longBodies();
        tries.contentCodings();
        tries.forms();
        tries.ownPaths();
        return tries.all;
    }

    private void add(String name, int decided, String wire) {
        all.add(new RawConnection(name, latin(wire.replace("${at}", at).replace("${host}", host)), decided));
    }

    private void add(String name, int decided, String head, byte[] body) {
        byte[] start = latin(head + "Content-Length: " + body.length + "\r\n\r\n");
        byte[] wire = java.util.Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, wire, start.length, body.length);
        all.add(new RawConnection(name, wire, decided));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    private static String length(String body) {
        return "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private void bothLengths() {
        String zero = "0\r\n\r\n" + PLAIN_EVIL;
        add("CL.TE", 0, upload + "Content-Length: " + zero.length() + "\r\nTransfer-Encoding: chunked\r\n\r\n" + zero);
        add(
                "TE.CL",
                0,
                upload + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + chunk(PLAIN_EVIL) + "0\r\n\r\n");
        add(
                "TE.0",
                0,
                upload + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + chunk(PLAIN_EVIL) + "0\r\n\r\n");
        add("CL.0", 1, upload + length(PLAIN_EVIL));
        add("0.CL", 0, get + length(PLAIN_EVIL));
        add(
                "CL with Transfer-Encoding named by Connection",
                0,
                upload + "Connection: transfer-encoding\r\n" + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
                        + zero);
    }

    private void transferCodings() {
        for (String coding : List.of(
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
                "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked,",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: identity, chunked",
                "Transfer-Encoding: chunked;q=1",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: CHUNKED",
                "Transfer-Encoding:",
                "Transfer-Encoding: chunked\0",
                "Transfer-Encoding: \u000bchunked",
                "Transfer-Encoding: \u0085chunked",
                "Transfer-Encoding: chunked\u00a0",
                "Transfer-Encoding\0: chunked",
                "X: y\r\n Transfer-Encoding: chunked",
                "X: y\r\n\tTransfer-Encoding: chunked",
                "Transfer-Encoding:\r\n chunked",
                "X: y\nTransfer-Encoding: chunked",
                "X: y\rTransfer-Encoding: chunked",
                "\u00ffTransfer-Encoding: chunked")) {
            add("TE alone: " + coding, 0, upload + coding + "\r\n\r\n" + chunk("abc") + "0\r\n\r\n" + evil);
            add("TE beside CL: " + coding, 0, upload + coding + "\r\nContent-Length: 3\r\n\r\nabc" + evil);
        }
        add("TE behind a tab", 1, upload + "Transfer-Encoding:\tchunked\t\r\n\r\n" + chunk("abc") + "0\r\n\r\n" + evil);
        add("TE with an underscore", 1, upload + "Transfer_Encoding: chunked\r\n" + length("0\r\n\r\n" + PLAIN_EVIL));
    }

    private void lengths() {
        for (String value : List.of(
                "3\r\nContent-Length: 3",
                "3\r\nContent-Length: 0",
                "3, 3",
                "3,",
                "+3",
                "-3",
                "0x3",
                "3 3",
                "03",
                "3;",
                "3.0",
                "3e0",
                "\0003",
                "3\u00a0",
                "\u0663",
                "",
                "99999999999999999999",
                "\r\n 3",
                "3\r\ncontent-length: 4")) {
            add("CL " + value, 0, upload + "Content-Length: " + value + "\r\n\r\nabc" + evil);
        }
        add("CL before a blank and a colon", 0, upload + "Content-Length : 3\r\n\r\nabc" + evil);
        add("CL between blanks", 1, upload + "Content-Length: \t 3 \t\r\n\r\nabc" + evil);
        add("CL that says more than comes", 0, upload + "Content-Length: 50\r\n\r\nabc");
        add("CL that says less than comes", 1, upload + "Content-Length: 3\r\n\r\nabcdef" + evil);
        add("no CL, and a body", 1, upload + "\r\n" + evil);
        add("CL with an underscore", 1, upload + "Content_Length: 0\r\n" + length(PLAIN_EVIL));
        add("CL named by Connection", 1, upload + "Connection: content-length\r\n" + length(PLAIN_EVIL));
        add("CL in a body of none", 1, get + "Content-Length: 0\r\n\r\n" + evil);
    }

    private void chunks() {
        for (String body : List.of(
                "3;a=b\r\nabc\r\n0\r\n\r\n",
                "3;a=\"\r\n0\r\n\r\n" + PLAIN_EVIL,
                "3;\r\nabc\r\n0\r\n\r\n",
                "3 \r\nabc\r\n0\r\n\r\n",
                " 3\r\nabc\r\n0\r\n\r\n",
                "0x3\r\nabc\r\n0\r\n\r\n",
                "+3\r\nabc\r\n0\r\n\r\n",
                "-1\r\nabc\r\n0\r\n\r\n",
                "3_\r\nabc\r\n0\r\n\r\n",
                "\r\nabc\r\n0\r\n\r\n",
                "3\nabc\r\n0\r\n\r\n",
                "3\rXabc\r\n0\r\n\r\n",
                "3\r\nabc\n0\r\n\r\n",
                "3\r\nabcd0\r\n\r\n",
                "3\r\nabcX\r\n0\r\n\r\n",
                "3\r\nabc0\r\n\r\n",
                "000000003\r\nabc\r\n0\r\n\r\n",
                "100000003\r\nabc\r\n0\r\n\r\n",
                "10000000000000003\r\nabc\r\n0\r\n\r\n",
                "FFFFFFFF\r\nabc\r\n0\r\n\r\n",
                "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
                "80000000\r\nabc\r\n0\r\n\r\n",
                "3\r\nabc\r\n0;a=b\r\n\r\n",
                "3\r\nabc\r\n0\r\nX: y\r\n\r\n",
                "3\r\nabc\r\n0\r\nContent-Length: 0\r\n\r\n",
                "3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
                "3\r\nabc\r\n0\r\n\n",
                "3\r\nabc\r\n0\n\r\n",
                "3\r\nabc\r\n0\r\n",
                "3\r\nabc\r\n",
                "3\r\nab",
                "\u0663\r\nabc\r\n0\r\n\r\n")) {
            add("chunks " + body, 0, upload + "Transfer-Encoding: chunked\r\n\r\n" + body + evil);
        }
        add(
                "chunks, several",
                1,
                put + "Transfer-Encoding: chunked\r\n\r\n" + chunk(NOTE.substring(0, 4)) + "000"
                        + chunk(NOTE.substring(4)) + "00\r\n\r\n" + evil);
        add(
                "chunks that hold a request",
                1,
                upload + "Transfer-Encoding: chunked\r\n\r\n" + chunk("0\r\n\r\n" + evil) + "0\r\n\r\n");
        add(
                "chunks, and their announced trailer",
                0,
                upload + "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("abc") + "0\r\nX: y\r\n\r\n");
    }

    private void heads() {
        for (String field : List.of(
                "X: a\0b",
                "X\0: a",
                "X a: b",
                " X: a",
                ": a",
                "X",
                "X: a\nX-B: b",
                "X: a\rX-B: b",
                "X: a\r\r\nX-B: b",
                "X: \u007f",
                "X: \u00e4",
                "X: a\r\n b",
                "X\r\n: a",
                "X(: a",
                "X: a\u001bb",
                "\tX: a",
                "X\t: a",
                "Host: ${host}",
                "Host: elsewhere",
                "X: " + "a".repeat(40_000),
                "X: y\r\n".repeat(120) + "X: y")) {
            add("field " + shown(field), 0, get + field + "\r\n\r\n" + evil);
        }
        add("a head with bare LF", 0, get.replace("\r\n", "\n") + "\n" + evil);
        add("an empty line of bare LF", 0, get + "\n" + evil);
        add("an empty line before", 0, "\r\n" + get + "\r\n");
        add("a LF before", 0, "\n" + get + "\r\n");
        add("a NUL before", 0, "\0" + get + "\r\n");
        add("half a head", 0, get + "X: y\r\n");
        add("an unknown field", 1, get + "X-A: b\r\n\r\n");
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(60, text.length()));
    }

    private void requestLines() {
        String rest = "\r\n" + hostLine + leaseLine + "\r\n";
        for (String line : List.of(
                "GET  ${at}/items/i-1 HTTP/1.1",
                "GET ${at}/items/i-1  HTTP/1.1",
                "GET ${at}/items/i-1 HTTP/1.1 ",
                " GET ${at}/items/i-1 HTTP/1.1",
                "GET\t${at}/items/i-1 HTTP/1.1",
                "GET ${at}/items/i-1\tHTTP/1.1",
                "GET ${at}/items/i-1 HTTP/1.1 HTTP/1.1",
                "GET ${at}/items/i-1 HTTP/1.0",
                "GET ${at}/items/i-1 HTTP/1.2",
                "GET ${at}/items/i-1 HTTP/2.0",
                "GET ${at}/items/i-1 HTTP/1.10",
                "GET ${at}/items/i-1 http/1.1",
                "GET ${at}/items/i-1",
                "GET ${at}/items/i-1 \0HTTP/1.1",
                "GET ${at}/items/i-1\nX: HTTP/1.1",
                "get ${at}/items/i-1 HTTP/1.1",
                "Delete ${at}/items/i-1 HTTP/1.1",
                "DELETE ${at}/items/i-1 HTTP/1.1",
                "TRACE ${at}/items/i-1 HTTP/1.1",
                "CONNECT 127.0.0.1:80 HTTP/1.1",
                "OPTIONS * HTTP/1.1",
                "PURGE ${at}/items/i-1 HTTP/1.1",
                "GE\0T ${at}/items/i-1 HTTP/1.1",
                "GET:X ${at}/items/i-1 HTTP/1.1",
                "PRI * HTTP/2.0\r\n\r\nSM")) {
            add("line " + line, 0, line + rest);
        }
        add("HEAD, and one behind it", 2, "HEAD" + get.substring(3) + "\r\n" + get + "\r\n");
    }

    private void authorities() {
        String start = "GET ${at}/items/i-1 HTTP/1.1\r\n" + leaseLine;
        for (String other : List.of(
                "",
                "Host: \r\n",
                "Host: elsewhere\r\n",
                "Host : ${host}\r\n",
                "Host: ${host}, elsewhere\r\n",
                "Host: a@${host}\r\n",
                "Host: ${host}@a\r\n",
                "Host: ${host}/x\r\n",
                "Host: ${host}#x\r\n",
                "Host: ${host}\0\r\n",
                "Host: ${host} a\r\n",
                "Host: 127.0.0.1:0\r\n",
                "Host: [::1\r\n",
                "Host: ${host}\r\nHost: ${host}\r\n")) {
            add("authority " + other, 0, start + other + "\r\n" + evil);
        }
        for (String target : List.of(
                "http://${host}${at}/items/i-1",
                "http://elsewhere${at}/items/i-1",
                "https:${at}/items/i-1",
                "//elsewhere${at}/items/i-1",
                "elsewhere${at}/items/i-1",
                "@elsewhere${at}/items/i-1",
                "?${at}/items/i-1")) {
            add("target " + target, 0, "GET " + target + " HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n");
        }
        add("X-Forwarded-Host", 1, get + "X-Forwarded-Host: elsewhere\r\nForwarded: host=elsewhere\r\n\r\n");
        add("X-Host", 1, get + "X-Host: elsewhere\r\n\r\n");
    }

    private void fieldsWithAMeaning() {
        for (String field : List.of(
                "X-HTTP-Method-Override: DELETE",
                "X-HTTP-Method: DELETE",
                "X-Method-Override: DELETE",
                "X-Original-URL: /items/i-evil",
                "X-Rewrite-URL: /items/i-evil",
                "Upgrade: websocket\r\nConnection: upgrade",
                "Upgrade: h2c, websocket\r\nConnection: upgrade",
                "Connection: upgrade",
                "Expect: 200-ok",
                "Expect: 100-continue\r\nExpect: 100-continue",
                "Expect: 100-continue, x",
                "Trailer: X")) {
            add("field " + field, 0, get + field + "\r\n\r\n" + evil);
        }
        for (String field : List.of(
                "Connection: close",
                "Connection: keep-alive, x",
                "Connection: host",
                "Connection: authorization",
                "Connection: content-length, transfer-encoding",
                "Connection: x-http-method-override\r\nX-HTTP-Method-Override: DELETE",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "TE: trailers, chunked",
                "Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AAMAAABk",
                "Expect: 100-continue",
                "Via: 1.0 a\r\nX-Forwarded-For: 1.2.3.4")) {
            add("field " + field, 1, get + field + "\r\n\r\n");
        }
        add(
                "h2c upgrade, and HTTP/2 behind it",
                1,
                get + "Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\n"
                        + "HTTP2-Settings: AAMAAABk\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        add("Expect, and one behind it", 2, get + "Expect: 100-continue\r\n\r\n" + get + "\r\n" + evil);
        add("Expect with a body that holds a request", 1, upload + "Expect: 100-continue\r\n" + length(PLAIN_EVIL));
        add("Content-Type named by Connection", 0, put + "Connection: content-type\r\n" + length(NOTE));
        add("two types", 0, put + "Content-Type: text/plain\r\n" + length(NOTE));
    }

    private void targets() {
        for (String query : List.of(
                "page=1",
                "p%61ge=1",
                "page=a+b",
                "page=a%2Bb%26c%3Dd",
                "page=%0d%0aHost:%20x",
                "page=1%20HTTP/1.1%0d%0a%0d%0aDELETE%20/items/i-evil",
                "page",
                "page=%C3%BC",
                "page=/../x?y",
                "page=1;page=2")) {
            add("query " + query, 1, "GET ${at}/items?" + query + " HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n");
        }
        for (String query : List.of(
                "page=1&page=2",
                "page=1&_method=DELETE",
                "&page=1",
                "page=1&",
                "=1",
                "page=%00",
                "page=%",
                "page=%c0%80",
                "page=1#x",
                "page=\"")) {
            add("query " + query, 0, "GET ${at}/items?" + query + " HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n");
        }
        for (String item : List.of(
                "../i-evil",
                "%2e%2e/i-evil",
                "..;/i-evil",
                "i-1/../i-evil",
                "i-1%2f..%2fi-evil",
                "i-1%5c..%5ci-evil",
                "i-1\\..\\i-evil",
                "/i-1",
                "i-1//file",
                "i-1%00",
                "i-1%0d%0aX:%20y",
                "i-1%20HTTP/1.1%0d%0aX:%20y",
                "i-1%2520",
                "i-1;a=b",
                "i-1#x",
                "i-1%23x",
                "i-1%3Fx",
                "i-1/",
                "i-%c0%afx",
                "i-%ff",
                "i-%u0031",
                "i-1%",
                "i-\u00e4",
                "i-1 x",
                "\"i-1\"",
                "<i-1>")) {
            add("path " + item, 0, "GET ${at}/items/" + item + " HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n");
        }
        add("path %69-1", 1, "GET ${at}/it%65ms/%69-1 HTTP/1.1\r\n" + hostLine + leaseLine + "\r\n");
    }

    private void oneBehindAnother() {
        add("two reads", 2, get + "\r\n" + get + "\r\n");
        add("a deletion behind a read", 1, get + "\r\n" + evil);
        add("a read behind a deletion", 1, evil + get + "\r\n");
        add(
                "three, with bodies of both kinds",
                3,
                put + "Transfer-Encoding: chunked\r\n\r\n" + chunk(NOTE) + "0\r\n\r\n" + put + length(NOTE) + get
                        + "\r\n");
        add("two uploads, each with a request in it", 2, upload + length(evil) + upload + length(PLAIN_EVIL));
        add("a read behind what closes", 1, get + "Connection: close\r\n\r\n" + get + "\r\n");
        add("garbage behind a read", 1, get + "\r\n\0\0\0\0\r\n\r\n");
    }

    private void longBodies() {
        String body = PLAIN_EVIL + "x".repeat(LONG - PLAIN_EVIL.length());
        add("long", 1, upload + length(body));
        add("long, with Expect", 1, upload + "Expect: 100-continue\r\n" + length(body));
        add("long, and a request behind it", 1, upload + length(body) + evil);
        add("long, and less of it than said", 1, upload + "Content-Length: " + (LONG + 500) + "\r\n\r\n" + body);
        add("long, and little of it", 1, upload + "Content-Length: " + LONG + "\r\n\r\n" + PLAIN_EVIL);
        add("long, and nothing of it", 1, upload + "Content-Length: " + LONG + "\r\n\r\n");
        add("long, where somebody reads", 0, put + length(body));
        String chunked = upload + "Transfer-Encoding: chunked\r\n\r\n";
        add("long, in chunks", 1, chunked + chunk(body) + "0\r\n\r\n");
        add("long, in chunks, and a request behind it", 1, chunked + chunk(body) + "0\r\n\r\n" + evil);
        add("long, in chunks that hold a request", 1, chunked + chunk(body) + chunk("0\r\n\r\n" + evil) + "0\r\n\r\n");
        add("long, in chunks, without an end", 0, chunked + chunk(body));
        add("long, in chunks, and less than said", 0, chunked + "200000\r\n" + body);
        add("long, of another type", 0, upload.replace("octet-stream", "json") + length(body));
        add("long, compressed by name", 0, upload + "Content-Encoding: gzip\r\n" + length(body));
        add("long, to delete", 0, "DELETE ${at}/items/i-1 HTTP/1.1\r\n" + hostLine + leaseLine + length(body));
    }

    private void contentCodings() throws IOException {
        byte[] zipped = gzip(latin(NOTE));
        byte[] deflated = zlib(latin(NOTE));
        add("gzip", 1, put + "Content-Encoding: gzip\r\n", zipped);
        add("deflate", 1, put + "Content-Encoding: deflate\r\n", deflated);
        add("gzip of a request", 1, upload + "Content-Encoding: gzip\r\n", gzip(latin(PLAIN_EVIL)));
        add(
                "gzip in chunks",
                1,
                put + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + chunk(new String(zipped, StandardCharsets.ISO_8859_1)) + "0\r\n\r\n");
        add("gzip named by Connection", 1, put + "Connection: content-encoding\r\nContent-Encoding: gzip\r\n", zipped);
        add(
                "two members",
                0,
                put + "Content-Encoding: gzip\r\n",
                joined(gzip(latin("{\"note\":")), gzip(latin("\"n\"}"))));
        add("gzip, and more", 0, put + "Content-Encoding: gzip\r\n", joined(zipped, latin(PLAIN_EVIL)));
        add(
                "gzip, cut short",
                0,
                put + "Content-Encoding: gzip\r\n",
                java.util.Arrays.copyOf(zipped, zipped.length - 3));
        add(
                "deflate without its frame",
                0,
                put + "Content-Encoding: deflate\r\n",
                java.util.Arrays.copyOfRange(deflated, 2, deflated.length - 4));
        for (String coding :
                List.of("gzip, gzip", "gzip\r\nContent-Encoding: gzip", "gzip, identity", "x", "br", "chunked", "")) {
            add("coding " + coding, 0, put + "Content-Encoding: " + coding + "\r\n", zipped);
        }
        add("gzip by name only", 0, put + "Content-Encoding: gzip\r\n" + length(NOTE));
        add("gzip that does not say so", 0, put, zipped);
    }

    private void forms() throws IOException {
        String rename = "mutation { ticketRename(id: \"t-1\", title: \"x\") { id } }";
        String delete = "mutation { ticketDelete(id: \"t-1\") }";
        String json = asked(rename);
        String json2 = asked(delete);
        add("graphql", 1, ask + JSON + length(json));
        add("graphql, gzip", 1, ask + JSON + "Content-Encoding: gzip\r\n", gzip(latin(json)));
        add("a document", 1, ask + "Content-Type: application/graphql\r\n" + length(rename));
        add("a document that destroys", 0, ask + "Content-Type: application/graphql\r\n" + length(delete));
        add(
                "a document, gzip",
                0,
                ask + "Content-Type: application/graphql\r\nContent-Encoding: gzip\r\n",
                gzip(latin(delete)));
        add(
                "a document beside another",
                0,
                ask.replace("graphql ", "graphql?query={x} ") + "Content-Type: application/graphql\r\n"
                        + length(rename));
        add("JSON beside a document", 0, ask.replace("graphql ", "graphql?query={x} ") + JSON + length(json));
        add("a batch", 1, ask + JSON + length("[" + json + "," + json + "]"));
        add("a batch with a deletion", 0, ask + JSON + length("[" + json + "," + json2 + "]"));
        add(
                "a mutation by GET",
                0,
                ask.replace("POST", "GET")
                                .replace("graphql ", "graphql?query=mutation%7BticketDelete(id:%22t-1%22)%7D ")
                        + "\r\n");
        String form = "--X\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + json + "\r\n--X--\r\n";
        add("a form", 0, ask + "Content-Type: multipart/form-data; boundary=X\r\n" + length(form));
        add("a form as another type", 0, ask + "Content-Type: multipart/mixed; boundary=X\r\n" + length(form));
    }

    private static String asked(String document) {
        return "{\"query\":\"" + document.replace("\"", "\\\"") + "\"}";
    }

    private void ownPaths() {
        String post = "POST /.interlock/leases HTTP/1.1\r\n" + hostLine + leaseLine + JSON;
        add("a child's lease, and a deletion behind it", 0, post + length("{}") + evil);
        add("a child's lease, and a read behind it", 1, post + length("{}") + get + "\r\n");
        add("a child's lease, CL.TE", 0, post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}" + evil);
        add("a child's lease with a request in it", 0, post + length(PLAIN_EVIL));
        add("a child's lease, long", 0, post + "Content-Length: " + LONG + "\r\n\r\n" + evil);
        add("a child's lease by another path", 0, post.replace("/.interlock", "${at}/../.interlock") + length("{}"));
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    private static byte[] zlib(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = java.util.Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
