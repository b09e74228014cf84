package dev.interlock.console;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The static files that pages refer to. A file that is not in this list is not served. */
final class Assets {

    private static final String SCRIPT = "text/javascript; charset=utf-8";

    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("arrived.js", SCRIPT),
            Map.entry("console.css", "text/css; charset=utf-8"),
            Map.entry("console.js", SCRIPT),
            Map.entry("console.webmanifest", "application/manifest+json"),
            Map.entry("device.js", SCRIPT),
            Map.entry("icon.svg", "image/svg+xml"),
            Map.entry("live.js", SCRIPT),
            Map.entry("passkey.js", SCRIPT),
            Map.entry("proof.js", SCRIPT),
            Map.entry("signin.js", SCRIPT),
            Map.entry("worker.js", SCRIPT));

    private Assets() {}

    record File(String type, Bytes content, String tag) {}

    static Optional<File> find(String name) {
        return Optional.ofNullable(TYPES.get(name)).map(type -> read(name, type));
    }

    private static File read(String name, String type) {
        try (InputStream in = Objects.requireNonNull(Assets.class.getResourceAsStream(name), name)) {
            Bytes content = Bytes.of(in.readAllBytes());
            return new File(type, content, '"' + content.sha256().substring(0, 32) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
