package dev.interlock.drill;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Git's own {@code http-backend}, called as a web server does by CGI (RFC 3875).
 *
 * @param repositories the directory with the repositories
 */
public record GitBackend(Path repositories) {

    /** Answers {@code exchange}, whose body is {@code body}. Who may ask must have been decided before. */
    public void answer(HttpExchange exchange, byte[] body) throws IOException {
        URI uri = exchange.getRequestURI();
        ProcessBuilder backend = new ProcessBuilder("git", "-c", "safe.directory=*", "http-backend");
        Map<String, String> environment = backend.environment();
        withoutSettings(environment);
        environment.put("GIT_PROJECT_ROOT", repositories.toString());
        environment.put("GIT_HTTP_EXPORT_ALL", "1");
        environment.put("REMOTE_USER", "anybody");
        environment.put("REQUEST_METHOD", exchange.getRequestMethod());
        environment.put("PATH_INFO", uri.getPath());
        environment.put("QUERY_STRING", uri.getRawQuery() == null ? "" : uri.getRawQuery());
        environment.put("CONTENT_TYPE", header(exchange, "Content-Type"));
        environment.put("CONTENT_LENGTH", Integer.toString(body.length));
        environment.put("HTTP_CONTENT_ENCODING", header(exchange, "Content-Encoding"));
        environment.put("GIT_PROTOCOL", header(exchange, "Git-Protocol"));
        Process process = backend.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(body);
        }
        pass(process.getInputStream(), exchange);
    }

    /** Settings of the person who runs this do not count. */
    static void withoutSettings(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("GIT_"));
        environment.putAll(Map.of("GIT_CONFIG_NOSYSTEM", "1", "GIT_CONFIG_GLOBAL", "/dev/null"));
    }

    /** Returns the first header field called {@code name}; empty if there is none. */
    public static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /** Fields, an empty line, and the body (RFC 3875 §6). */
    private static void pass(InputStream said, HttpExchange exchange) throws IOException {
        int status = 200;
        for (String line = line(said); !line.isEmpty(); line = line(said)) {
            String[] field = line.split(": ", 2);
            if (field[0].equals("Status")) {
                status = Integer.parseInt(field[1].substring(0, 3));
            } else {
                exchange.getResponseHeaders().set(field[0], field[1]);
            }
        }
        exchange.sendResponseHeaders(status, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            said.transferTo(out);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8).stripTrailing();
    }
}
