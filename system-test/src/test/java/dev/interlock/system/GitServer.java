package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.drill.GitBackend;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A host of repositories: git's own {@code http-backend}, for whoever has the password. */
final class GitServer implements AutoCloseable {

    /** GitHub's API for branches and tags, as far as deletions go. */
    private static final Pattern DELETED_REF = Pattern.compile("/repos/([^/]+/[^/]+)/git/(refs/.+)");

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
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (!GitBackend.header(exchange, "Authorization").equals(authorization)) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
            return;
        }
        Matcher ref = DELETED_REF.matcher(exchange.getRequestURI().getPath());
        if (exchange.getRequestMethod().equals("DELETE") && ref.matches()) {
            try {
                at(ref.group(1), "update-ref", "-d", ref.group(2));
            } catch (Exception e) {
                throw new IOException(e);
            }
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
            return;
        }
        new GitBackend(repositories).answer(exchange, body);
    }

    @Override
    public void close() {
        host.stop().run();
    }
}
