package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A server of MCP that is a program, as {@code upstream add mcp} has written it down beside gateway.yaml. The file has
 * no secret: of the token with which the gateway calls it, it has the digest. {@code leaseAs} is the variable in which
 * the program expects its credential, and finds its lease.
 */
record StdioServer(
        List<String> command,
        Optional<String> agent,
        String task,
        Optional<String> leaseAs,
        ServerPlace place,
        int port,
        String tokenDigest) {
    /** Only root listens below the first port for everybody (ip(7)), so that nobody else can take its place. */
    private static final int FIRST_PORT = 600;

    private static final int LAST_PORT = 1023;

    /** The user of the first server. Each has another one, and none is that of agents. */
    private static final int FIRST_USER = 61_300;

    /** One that {@code keeps} its files from session to session has one session at a time. */
    record ServerPlace(Path directory, boolean keeps, List<Path> readable, int uid) {
        ServerPlace {
            readable = List.copyOf(readable);
        }
    }

    StdioServer {
        command = List.copyOf(command);
        if (command.isEmpty() || place.uid() <= 0 || port <= 0 || tokenDigest.length() != 64) {
            throw new IllegalArgumentException("no complete server");
        }
        leaseAs.ifPresent(variable -> {
            if (!variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
                throw new IllegalArgumentException("`" + variable + "` is no name of a variable");
            }
        });
    }

    private static Path directory(Path config) {
        return config.toAbsolutePath().resolveSibling("mcp");
    }

    private static Path file(Path config, String name) {
        return directory(config).resolve(name + ".json");
    }

    static StdioServer read(Path config, String name) throws IOException {
        if (!name.matches("[a-z][a-z0-9-]{0,30}") || !Files.isRegularFile(file(config, name))) {
            throw new UsageException("`" + directory(config) + "` has no server `" + name
                    + "`; add one: interlock upstream add mcp --name " + name + " … -- COMMAND");
        }
        return read(file(config, name));
    }

    static Optional<StdioServer> find(Path config, String name, URI address) throws IOException {
        return Files.isRegularFile(file(config, name))
                ? Optional.of(read(config, name))
                        .filter(server -> "127.0.0.1".equals(address.getHost()) && address.getPort() == server.port())
                : Optional.empty();
    }

    static String newToken() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Returns it as it is asked for its tools while it is served: port, user and files are others. */
    StdioServer beside(Path config, String digest) throws IOException {
        ServerPlace other =
                new ServerPlace(place.directory().resolve("asked"), false, place.readable(), freeUser(config));
        return new StdioServer(command, agent, task, leaseAs, other, freePort(config), digest);
    }

    private static StdioServer read(Path file) throws IOException {
        try {
            Json.Members read = Json.readObject(Files.readString(file).strip().getBytes(StandardCharsets.UTF_8));
            return new StdioServer(
                    read.texts("command"),
                    read.optionalText("agent"),
                    read.text("task"),
                    read.optionalText("lease_as"),
                    new ServerPlace(
                            Path.of(read.text("directory")),
                            read.flag("keeps"),
                            read.texts("readable").stream().map(Path::of).toList(),
                            Math.toIntExact(read.whole("uid"))),
                    Math.toIntExact(read.whole("port")),
                    read.text("token_sha256"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("`" + file + "` is not as `upstream add mcp` writes it", e);
        }
    }

    private static List<StdioServer> all(Path config) throws IOException {
        if (!Files.isDirectory(directory(config))) {
            return List.of();
        }
        List<StdioServer> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory(config))) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".json")).toList()) {
                all.add(read(file));
            }
        }
        return all;
    }

    static int freeUser(Path config) throws IOException {
        Set<Integer> taken =
                all(config).stream().map(server -> server.place().uid()).collect(Collectors.toSet());
        return IntStream.iterate(FIRST_USER, uid -> uid + 1)
                .filter(uid -> !taken.contains(uid))
                .findFirst()
                .orElseThrow();
    }

    static int freePort(Path config) throws IOException {
        Set<Integer> taken = all(config).stream().map(StdioServer::port).collect(Collectors.toSet());
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            if (!taken.contains(port)) {
                try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                    return port;
                } catch (IOException e) {
                    // Somebody listens there.
                }
            }
        }
        throw new IOException("no port from " + FIRST_PORT + " to " + LAST_PORT + " is free for the server");
    }

    Json.Members json() {
        return Json.object()
                .withTexts("command", command)
                .withOptional("agent", agent)
                .with("task", task)
                .withOptional("lease_as", leaseAs)
                .with("directory", place.directory().toString())
                .with("keeps", place.keeps())
                .withTexts("readable", place.readable().stream().map(Path::toString))
                .with("uid", place.uid())
                .with("port", port)
                .with("token_sha256", tokenDigest);
    }

    void write(Path config, String name) throws IOException {
        PrivateFiles.directories(directory(config));
        PrivateFiles.replace(file(config, name), (json().canonicalText() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
