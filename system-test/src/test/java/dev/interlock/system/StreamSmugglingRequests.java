package dev.interlock.system;

import static dev.interlock.system.Http2Frames.END_HEADERS;
import static dev.interlock.system.Http2Frames.END_STREAM;

import java.util.ArrayList;
import java.util.List;

/** Requests over HTTP/2 that become other requests when they are written as HTTP/1.1. */
final class StreamSmugglingRequests {

    private static final String EVIL = "\r\n\r\nDELETE /items/i-evil HTTP/1.1\r\nhost: a\r\n\r\n";
    private static final int LONG = 1024 * 1024 + 7;

    private final List<Case> all = new ArrayList<>();
    private final String at;
    private final String host;
    private final String lease;

    private StreamSmugglingRequests(String upstream, String host, String lease) {
        this.at = "/" + upstream;
        this.host = host;
        this.lease = "Bearer " + lease;
    }

    /**
     * One connection.
     *
     * @param decided how many of its calls may go
     */
    record Case(String name, Http2Frames frames, int decided) {}

    static List<Case> all(String upstream, String host, String lease) {
        StreamSmugglingRequests tries = new StreamSmugglingRequests(upstream, host, lease);
        tries.values();
        tries.pseudoFields();
        tries.fieldsOfHttp1();
        tries.lengths();
        tries.frames();
        return tries.all;
    }

    private void add(String name, int decided, Http2Frames frames) {
        all.add(new Case(name, frames, decided));
    }

    /** Returns the pseudo-header fields, followed by {@code more}. */
    private String[] fields(String method, String path, String... more) {
        List<String> fields = new ArrayList<>(List.of(
                ":method", method, ":scheme", "http", ":authority", host, ":path", path, "authorization", lease));
        fields.addAll(List.of(more));
        return fields.toArray(String[]::new);
    }

    private String[] read(String... more) {
        return fields("GET", at + "/items/i-1", more);
    }

    private String[] upload(String... more) {
        List<String> all = new ArrayList<>(List.of("content-type", "application/octet-stream"));
        all.addAll(List.of(more));
        return fields("POST", at + "/items/i-1/file", all.toArray(String[]::new));
    }

    private static Http2Frames only(String... fields) {
        return new Http2Frames().head(1, END_HEADERS | END_STREAM, fields);
    }

    private static Http2Frames with(String body, String... fields) {
        return new Http2Frames().head(1, END_HEADERS, fields).data(1, END_STREAM, body);
    }

    private void values() {
        for (String value :
                List.of("a\r\nx: b", "a" + EVIL, "a\nx: b", "a\rb", "a\0b", " a", "a ", "\u00e4", "\u007f")) {
            add("value " + value, 0, only(read("x-a", value)));
            add("accept " + value, 0, only(read("accept", value)));
            add("type " + value, 0, with("x", upload("content-type", value)));
        }
        for (String name : List.of("x: b\r\ny", "x\r\n\r\n", "x a", "x:", "", "X-A", "x\0", "x\u00e4", "x\n", "(x)")) {
            add("name " + name, 0, only(read(name, "v")));
        }
        add("a harmless field", 1, only(read("x-a", "b")));
    }

    private void pseudoFields() {
        for (String path : List.of(
                at + "/items/i-1 HTTP/1.1\r\nx: y",
                at + "/items/i-1" + EVIL,
                at + "/items/i-1 HTTP/1.1",
                at + "/items/i-1\tx",
                "",
                "*",
                "http://" + host + at + "/items/i-1",
                at + "/items/i-1#x",
                at + "/items/../i-evil",
                at + "/items/i-1\0",
                at + "/items/i-1%0d%0aX:%20y",
                "items/i-1",
                at + "/items/i-1\u00e4")) {
            add("path " + path, 0, only(fields("GET", path)));
        }
        for (String method : List.of(
                "GET /node/items/i-evil HTTP/1.1\r\nx: y\r\n\r\nGET",
                "GET " + at + "/items/i-1",
                "",
                "get",
                "DELETE",
                "CONNECT",
                "TRACE",
                "GET\0",
                "G\u00c9T",
                "PRI")) {
            add("method " + method, 0, only(fields(method, at + "/items/i-1")));
        }
        for (String authority :
                List.of("", "elsewhere", "a@" + host, host + "\r\nx: y", host + "/x", host + ", a", host + " ")) {
            add(
                    "authority " + authority,
                    0,
                    only(
                            ":method",
                            "GET",
                            ":scheme",
                            "http",
                            ":authority",
                            authority,
                            ":path",
                            at + "/items/i-1",
                            "authorization",
                            lease));
        }
        for (String scheme : List.of("ftp", "", "http\r\nx: y", "http://a/?", "HTTP", "javascript")) {
            add(
                    "scheme " + scheme,
                    0,
                    only(
                            ":method",
                            "GET",
                            ":scheme",
                            scheme,
                            ":authority",
                            host,
                            ":path",
                            at + "/items/i-1",
                            "authorization",
                            lease));
        }
        for (String name :
                List.of(":method", ":path", ":authority", ":scheme", ":status", ":protocol", ":x", ":", ":host")) {
            add("again, or unknown: " + name, 0, only(read(name, "GET")));
        }
        add("a path twice, the same", 0, only(read(":path", at + "/items/i-1")));
        add("no path", 0, only(":method", "GET", ":scheme", "http", ":authority", host, "authorization", lease));
        add(
                "no authority",
                0,
                only(":method", "GET", ":scheme", "http", ":path", at + "/items/i-1", "authorization", lease));
        add(
                "Host alone",
                1,
                only(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        at + "/items/i-1",
                        "authorization",
                        lease,
                        "host",
                        host));
        add("Host of another", 0, only(read("host", "elsewhere")));
        add("Host twice", 1, only(read("host", host, "host", host)));
        add("Host twice, and one of another", 0, only(read("host", host, "host", "elsewhere")));
        add(
                "extended CONNECT",
                0,
                new Http2Frames().head(1, END_HEADERS, fields("CONNECT", at + "/items/i-1", ":protocol", "websocket")));
    }

    private void fieldsOfHttp1() {
        for (String field : List.of(
                "transfer-encoding chunked",
                "connection close",
                "connection transfer-encoding",
                "keep-alive timeout=5",
                "proxy-connection close",
                "upgrade h2c",
                "http2-settings AAMAAABk",
                "te gzip",
                "te chunked",
                "trailer x",
                "expect 200-ok",
                "x-http-method-override DELETE",
                "x-original-url /items/i-evil")) {
            String[] words = field.split(" ");
            add(field, 0, with("0" + EVIL, upload(words)));
        }
        add("te: trailers", 1, only(read("te", "trailers")));
        add("expect: 100-continue", 1, with("x", upload("expect", "100-continue")));
        add("content-encoding: gzip by name", 0, with("x", upload("content-encoding", "gzip")));
    }

    private void lengths() {
        for (String length : List.of(
                "0",
                "2",
                "4",
                "+3",
                "-3",
                "0x3",
                "",
                "99999999999999999999",
                "3\r\ntransfer-encoding: chunked",
                "3 ")) {
            add("length " + length, 0, with("abc", upload("content-length", length)));
        }
        // The codec joins these into one number; frames mark the end of the body.
        add("length with a zero", 1, with("abc", upload("content-length", "03")));
        add("length as a list", 1, with("abc", upload("content-length", "3, 3")));
        add("length twice", 1, with("abc", upload("content-length", "3", "content-length", "3")));
        add("length twice, and different", 0, with("abc", upload("content-length", "3", "content-length", "0")));
        add("length of a request that hides", 0, with("abc" + EVIL, upload("content-length", "3")));
        add("length that fits", 1, with(EVIL, upload("content-length", Integer.toString(EVIL.length()))));
        add("no length", 1, with(EVIL, upload()));
        add("length without a body", 0, only(read("content-length", "5")));
        add("a read with a body", 0, with(EVIL, read()));
        add("long, and no body", 0, only(upload("content-length", Integer.toString(LONG))));
        add("long, and little of it", 1, with(EVIL, upload("content-length", Integer.toString(LONG))));
    }

    private void frames() {
        add("in two frames", 1, new Http2Frames().split(1, END_STREAM, read()));
        add("padded", 1, new Http2Frames().head(1, END_HEADERS, upload()).padded(1, END_STREAM, "abc", EVIL));
        add(
                "trailers",
                0,
                new Http2Frames()
                        .head(1, END_HEADERS, upload())
                        .data(1, 0, "abc")
                        .head(1, END_HEADERS | END_STREAM, "x", "y"));
        add(
                "trailers that are a request",
                0,
                new Http2Frames()
                        .head(1, END_HEADERS, upload())
                        .data(1, 0, "abc")
                        .head(1, END_HEADERS | END_STREAM, fields("DELETE", at + "/items/i-evil")));
        add(
                "body behind the end",
                1,
                new Http2Frames().head(1, END_HEADERS | END_STREAM, read()).data(1, END_STREAM, EVIL));
        add(
                "empty pieces",
                1,
                new Http2Frames()
                        .head(1, END_HEADERS, upload())
                        .data(1, 0, "")
                        .data(1, 0, "abc")
                        .data(1, 0, "")
                        .data(1, END_STREAM, ""));
        add(
                "two at once",
                2,
                new Http2Frames()
                        .head(1, END_HEADERS, upload())
                        .head(3, END_HEADERS, upload())
                        .data(3, 0, "three")
                        .data(1, 0, "one")
                        .data(1, END_STREAM, "1")
                        .data(3, END_STREAM, EVIL));
        add(
                "one refused, one not",
                1,
                new Http2Frames()
                        .head(1, END_HEADERS, upload("transfer-encoding", "chunked"))
                        .head(3, END_HEADERS | END_STREAM, read())
                        .data(1, END_STREAM, EVIL));
        add("a body without a head", 0, new Http2Frames().data(1, END_STREAM, EVIL));
        add("an even stream", 0, new Http2Frames().head(2, END_HEADERS | END_STREAM, read()));
        add(
                "reset before the end",
                0,
                new Http2Frames()
                        .head(1, END_HEADERS, upload())
                        .data(1, 0, EVIL)
                        .reset(1)
                        .head(3, END_HEADERS | END_STREAM, fields("DELETE", at + "/items/i-evil")));
    }
}
