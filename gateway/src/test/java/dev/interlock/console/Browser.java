package dev.interlock.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Sends a console exactly the request of a test, true or false: no client library allows such lies. */
final class Browser {

    static final String NAME = "TestingBrowser/1.0";

    /** The answer. */
    record Page(int status, String head, String body) {

        boolean isSuccess() {
            return status >= 200 && status < 300;
        }

        /** Returns the value of the header {@code name}, or an empty text. */
        String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(java.util.Locale.ROOT)
                            .startsWith(name.toLowerCase(java.util.Locale.ROOT) + ":"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    private final int port;
    private final Map<String, String> headers = new LinkedHashMap<>();

    private Browser(int port) {
        this.port = port;
    }

    /** Returns one with the headers of a browser on a page of the console, not signed in. */
    static Browser at(int port) {
        return new Browser(port)
                .with("Host", "localhost:" + port)
                .with("User-Agent", NAME)
                .with("Origin", "http://localhost:" + port)
                .with("Sec-Fetch-Site", "same-origin");
    }

    /** Returns the same with another header. */
    Browser with(String name, String value) {
        Browser other = without(name);
        other.headers.put(name, value);
        return other;
    }

    /** Returns the same without a header. */
    Browser without(String name) {
        Browser other = new Browser(port);
        other.headers.putAll(headers);
        other.headers.remove(name);
        return other;
    }

    Page get(String path) throws IOException {
        return send("GET", path, "");
    }

    Page post(String path, Map<String, String> fields) throws IOException {
        String body = fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return with("Content-Type", "application/x-www-form-urlencoded").send("POST", path, body);
    }

    Page send(String method, String path, String body) throws IOException {
        StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        request.append("Connection: close\r\n");
        if (method.equals("POST")) {
            request.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        request.append("\r\n").append(body);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(all);
            } catch (IOException e) {
                // A client that sends too much may be cut off after the answer.
            }
            return page(all.toString(StandardCharsets.UTF_8));
        }
    }

    /** Requests a stream and returns its status. The stream goes on while {@code line} is open. */
    static int begin(Socket line, Browser browser, String path) throws IOException {
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\n");
        browser.headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        line.getOutputStream().write((request + "Connection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        byte[] status = line.getInputStream().readNBytes("HTTP/1.1 200".length());
        return Integer.parseInt(new String(status, StandardCharsets.US_ASCII).substring("HTTP/1.1 ".length()));
    }

    private static Page page(String answer) {
        int end = answer.indexOf("\r\n\r\n");
        String head = end < 0 ? answer : answer.substring(0, end);
        return new Page(Integer.parseInt(head.split(" ", 3)[1]), head, end < 0 ? "" : answer.substring(end + 4));
    }
}
