package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** Repositories behind {@code github.com}, served by git's own {@code http-backend}, for reads and pushes. */
final class GitHost implements AutoCloseable {

    static final String HOST = "github.com";

    final List<String> requests = new CopyOnWriteArrayList<>();
    private final Path repositories;
    private final HttpsServer server;
    private final TcpRelay relay;
    private final String authority;

    GitHost(Path directory) throws Exception {
        repositories = Files.createDirectory(directory.resolve("repositories"));
        TestingCertificate own = TestingCertificate.forName(HOST);
        authority = own.pem();
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
        relay = new TcpRelay(server.getAddress().getPort());
    }

    /**
     * Makes the repository {@code name} with one commit, in which {@code file} holds {@code text}; anew, if it is
     * there.
     */
    void publish(String name, String file, String text) throws Exception {
        Path bare = repositories.resolve(name + ".git");
        Path work = repositories.resolve("work").resolve(name);
        Programs.run(List.of("rm", "-rf", bare.toString(), work.toString()), "").expect(0);
        Files.createDirectories(work);
        Files.writeString(work.resolve(file), text);
        git(work, "init", "-q", "-b", "main");
        git(work, "add", ".");
        git(work, "-c", "user.name=sam", "-c", "user.email=sam@example.com", "commit", "-q", "-m", "first");
        Files.createDirectories(bare.resolveSibling(""));
        git(work, "clone", "-q", "--bare", ".", bare.toString());
        git(bare, "config", "http.receivepack", "true");
        git(bare, "config", "uploadpack.allowFilter", "true");
    }

    /** Returns the number of commits on {@code branch} of the repository {@code name}. */
    int commits(String name, String branch) throws Exception {
        return Integer.parseInt(git(repositories.resolve(name + ".git"), "rev-list", "--count", branch));
    }

    private static String git(Path in, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("git", "-c", "safe.directory=*"));
        command.addAll(List.of(arguments));
        return Programs.run(new ProcessBuilder(command).directory(in.toFile()), "")
                .expect(0)
                .out()
                .strip();
    }

    private void serve(HttpExchange exchange) throws IOException {
        URI uri = exchange.getRequestURI();
        requests.add(exchange.getRequestMethod() + " " + uri + " "
                + exchange.getRequestHeaders().keySet());
        byte[] body = exchange.getRequestBody().readAllBytes();
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
        environment.put("GIT_PROTOCOL", header(exchange, "Git-Protocol"));
        Process process = backend.redirectError(ProcessBuilder.Redirect.INHERIT).start();
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

    String authority() {
        return authority;
    }

    String hostLine() {
        return relay.host() + " " + HOST + "\n";
    }

    String upstream() {
        return """
                  git:
                    catalog: git
                    address: https://%s
                    private: true
                    ca: "%s"
                    resolver: git-look
                    credentials:
                      git-work: {environments: [staging], impacts: [read, write]}
                      git-look: {environments: [production], impacts: [read]}
                    resources:
                      "git:repo/acme/*": {environments: [staging]}
                """.formatted(HOST, authority.replace("\n", "\\n"));
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        relay.close();
    }
}
