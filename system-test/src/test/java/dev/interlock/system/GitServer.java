package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A host of repositories: git's own {@code http-backend}, for whoever has the password. */
final class GitServer implements AutoCloseable {

    private final Path repositories;
    private final Host host;
    private final String authorization;

    /** The requests so far, unless nginx answers them: method and target. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** What listens. */
    private record Host(String address, Runnable stop) {}

    /**
     * Starts a host that wants {@code authorization} in each request.
     *
     * @param isNginx whether nginx serves it, and not this process
     */
    GitServer(Path repositories, String authorization, boolean isNginx) throws Exception {
        this.repositories = Files.createDirectories(repositories);
        this.authorization = authorization;
        host = isNginx ? nginx() : here();
    }

    private Host nginx() throws Exception {
        NginxGit nginx =
                new NginxGit(Files.createDirectory(repositories.resolveSibling("nginx")), repositories, authorization);
        return new Host(nginx.address(), nginx::close);
    }

    private Host here() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
        return new Host("http://127.0.0.1:" + server.getAddress().getPort(), () -> server.stop(0));
    }

    String address() {
        return host.address();
    }

    /** Makes an empty repository. */
    Path create(String name) throws Exception {
        Path bare = repositories.resolve(name + ".git");
        git(repositories, "init", "-q", "--bare", "-b", "main", bare.toString());
        for (String setting : List.of(
                "http.receivepack=true",
                "uploadpack.allowFilter=true",
                "receive.denyDeleteCurrent=ignore",
                "receive.advertisePushOptions=true")) {
            String[] pair = setting.split("=", 2);
            git(bare, "config", pair[0], pair[1]);
        }
        return bare;
    }

    /** Returns what each ref of the repository names. */
    Map<String, String> refs(String name) throws Exception {
        Map<String, String> refs = new TreeMap<>();
        for (String line : git(repositories.resolve(name + ".git"), "for-each-ref", "--format=%(refname) %(objectname)")
                .lines()
                .toList()) {
            String[] words = line.split(" ");
            refs.put(words[0], words[1]);
        }
        return refs;
    }

    /** Runs git as somebody who sits at the host. */
    String at(String name, String... arguments) throws Exception {
        return git(repositories.resolve(name + ".git"), arguments);
    }

    private static String git(Path in, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "safe.directory=*"));
        command.addAll(List.of(arguments));
        return Programs.run(new ProcessBuilder(command).directory(in.toFile()), "")
                .expect(0)
                .out()
                .strip();
    }

    private void serve(HttpExchange exchange) throws IOException {
        URI uri = exchange.getRequestURI();
        requests.add(exchange.getRequestMethod() + " " + uri);
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (!header(exchange, "Authorization").equals(authorization)) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
            return;
        }
        ProcessBuilder backend = new ProcessBuilder("git", "-c", "safe.directory=*", "http-backend");
        Map<String, String> environment = backend.environment();
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
        answer(exchange, process.getInputStream());
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /** RFC 3875 §6: fields, an empty line, and the body. */
    private static void answer(HttpExchange exchange, InputStream said) throws IOException {
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
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    @Override
    public void close() {
        host.stop().run();
    }
}
