package dev.interlock.system;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Real servers of MCP, and real clients: of the official SDK's both generations. */
final class McpServers implements AutoCloseable {

    /** The token that the stateless server takes. */
    static final String TOKEN = "the-servers-own-0123456789";

    private final Path directory;
    private final List<Process> running = new ArrayList<>();
    private final int stateful = Programs.freePort();
    private final int stateless = Programs.freePort();

    /** The generations of the protocol, each with the first SDK that was made for it. */
    enum Era {
        /** With sessions, as of 2025-11-25. */
        STATEFUL,
        /** As of 2026-07-28. */
        STATELESS
    }

    /** Starts one server of each. {@code directory} is for their scripts. */
    McpServers(Path directory) throws IOException {
        this.directory = directory;
        script("client.mjs");
        Path everything = modules().resolve("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
        ProcessBuilder builder = new ProcessBuilder("node", everything.toString(), "streamableHttp");
        builder.environment().put("PORT", Integer.toString(stateful));
        start(builder, "", "listening on port");
        start(
                new ProcessBuilder("node", script("stateless.mjs").toString()),
                Json.object()
                        .with("modules", modules().toString())
                        .with("port", stateless)
                        .with("token", TOKEN)
                        .canonicalText(),
                "listening");
    }

    /** Returns the directory in which npm installed them; see {@code .ci/run}. */
    static Path modules() {
        String home = System.getProperty("user.home");
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_MCP")).orElse(cache + "/interlock-mcp"));
    }

    /** Returns where {@code ./build conformance} installs the protocol's own programs. */
    static Path suite() {
        String home = System.getProperty("user.home");
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_CONFORMANCE"))
                        .orElse(cache + "/interlock-conformance"))
                .resolve("node_modules");
    }

    /** Returns the Node that those programs need, newer than what distributions have. */
    static Path newerNode() {
        String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        return suite().resolve("node-linux-" + machine + "/bin/node");
    }

    static boolean areInstalled() {
        Path packages = modules().resolve("node_modules/@modelcontextprotocol");
        return Programs.has("node")
                && List.of("sdk", "server-everything", "client", "server").stream()
                        .allMatch(name -> Files.isDirectory(packages.resolve(name)));
    }

    private Path script(String name) throws IOException {
        return script(directory, name);
    }

    /** Writes the script {@code name} into {@code directory}. */
    static Path script(Path directory, String name) throws IOException {
        Path script = directory.resolve(name);
        try (InputStream in = Objects.requireNonNull(McpServers.class.getResourceAsStream("mcp/" + name))) {
            Files.write(script, in.readAllBytes());
        }
        return script;
    }

    private void start(ProcessBuilder builder, String order, String ready) throws IOException {
        running.add(started(builder, order, ready));
    }

    /** Starts a server, gives it its {@code order}, and waits until it is {@code ready}. */
    static Process started(ProcessBuilder builder, String order, String ready) throws IOException {
        Process started = builder.redirectErrorStream(true).start();
        started.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
        started.getOutputStream().flush();
        BufferedReader said = started.inputReader(StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>();
        for (String line = said.readLine(); line == null || !line.contains(ready); line = said.readLine()) {
            if (line == null) {
                started.destroyForcibly();
                throw new IOException("a server of MCP did not start: " + lines);
            }
            lines.add(line);
        }
        Thread.ofVirtual().start(() -> said.lines().forEach(_ -> {})); // drains its output, so that it never blocks
        return started;
    }

    /** Returns the address of the server of {@code era}. */
    String address(Era era) {
        return "http://127.0.0.1:" + (era == Era.STATEFUL ? stateful : stateless);
    }

    /**
     * Has a client of {@code era} connect to {@code url} with {@code token}, list the tools, and make {@code calls}.
     */
    Json.Members run(Era era, String url, String token, Json.Members... calls) throws Exception {
        return run(directory, era, url, token, false, calls);
    }

    /**
     * Does the same with the client's script in {@code directory}. The answer may hold what the client saw of tools.
     */
    static Json.Members run(Path directory, Era era, String url, String token, boolean describe, Json.Members... calls)
            throws Exception {
        Json.Members order = Json.object()
                .with("modules", modules().toString())
                .with("url", url)
                .with("token", token)
                .with("stateless", era == Era.STATELESS)
                .with("describe", describe)
                .with("calls", new Json.Array(List.of(calls)));
        return client(directory, order);
    }

    /** Does the same as {@link #run} with a call that waits for people; the answer has what the client was told. */
    Json.Members runWaiting(Era era, String url, String token, Json.Members call) throws Exception {
        return client(
                directory,
                order(call)
                        .with("url", url)
                        .with("token", token)
                        .with("stateless", era == Era.STATELESS)
                        .with("wait", 250));
    }

    /** Has a client with sessions start {@code command} itself, and make {@code calls}. */
    static Json.Members runProgram(Path directory, List<String> command, Json.Members... calls) throws Exception {
        return client(directory, order(calls).withTexts("command", command));
    }

    /** Has a client with sessions connect to {@code url} with {@code token}, and make {@code calls}. */
    static Json.Members runAt(Path directory, String url, String token, Json.Members... calls) throws Exception {
        return client(directory, order(calls).with("url", url).with("token", token));
    }

    private static Json.Members order(Json.Members... calls) {
        return Json.object()
                .with("modules", modules().toString())
                .with("stateless", false)
                .with("calls", new Json.Array(List.of(calls)));
    }

    private static Json.Members client(Path directory, Json.Members order) throws Exception {
        String said = Programs.run(
                        List.of("node", directory.resolve("client.mjs").toString()), order.canonicalText() + "\n")
                .expect(0)
                .out();
        return Json.readObject(said.strip().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        running.forEach(process -> process.destroyForcibly().onExit().join());
    }
}
