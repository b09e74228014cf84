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
import org.jspecify.annotations.Nullable;

/** A team's OpenID provider, npm's {@code oidc-provider}, as a process of its own; it accepts every name. */
final class TeamProvider implements AutoCloseable {

    static final String CLIENT = "interlock";
    static final String SECRET = "the-clients-own-secret/+";

    private final int port;
    private @Nullable Process node;

    TeamProvider() throws IOException {
        port = Programs.freePort();
    }

    /** Returns the directory in which npm installed it; see {@code .ci/run}. */
    static Path modules() {
        String home = System.getProperty("user.home");
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_OIDC")).orElse(cache + "/interlock-oidc"));
    }

    static boolean isInstalled() {
        return Files.isDirectory(modules().resolve("node_modules/oidc-provider"));
    }

    /** Returns a site that browsers distinguish from {@code localhost}. */
    String issuer() {
        return "http://127.0.0.1:" + port;
    }

    /** Starts it; {@code directory} is for its script. */
    void start(Path directory, String callback) throws IOException {
        Path script = directory.resolve("provider.mjs");
        try (InputStream in = Objects.requireNonNull(TeamProvider.class.getResourceAsStream("browser/provider.mjs"))) {
            Files.write(script, in.readAllBytes());
        }
        Process started = new ProcessBuilder("node", script.toString())
                .redirectErrorStream(true)
                .start();
        node = started;
        Json.Members order = Json.object()
                .with("modules", modules().toString())
                .with("issuer", issuer())
                .with("secret", SECRET)
                .with("callback", callback);
        started.getOutputStream().write((order.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8));
        started.getOutputStream().flush();
        BufferedReader said = started.inputReader(StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>();
        for (String line = said.readLine(); !"listening".equals(line); line = said.readLine()) {
            if (line == null) {
                throw new IOException("the provider did not start: " + lines);
            }
            lines.add(line);
        }
        Thread.ofVirtual().start(() -> said.lines().forEach(_ -> {})); // drains its output, so that it never blocks
    }

    @Override
    public void close() {
        Process started = node;
        if (started != null) {
            started.destroyForcibly();
            started.onExit().join();
        }
    }
}
