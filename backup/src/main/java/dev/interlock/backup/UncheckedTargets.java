package dev.interlock.backup;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Since when the targets of plans cannot be checked, a file for each, for restarts. Guarded by its owner. */
final class UncheckedTargets {

    static final Instant UNKNOWN = Instant.EPOCH; // the time for a file whose content cannot be read
    private static final String SUFFIX = ".unlooked";

    private final Path directory;
    private final Map<String, Instant> since = new HashMap<>();

    private UncheckedTargets(Path directory) {
        this.directory = directory;
    }

    /** Opens the plans in {@code directory}. The existence of a file is enough; its content does not matter. */
    static UncheckedTargets open(Path directory) throws IOException {
        UncheckedTargets all = new UncheckedTargets(directory);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
                String name = file.getFileName().toString();
                all.since.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
            }
        }
        return all;
    }

    private static Instant read(Path file) throws IOException {
        try {
            return Instant.parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (DateTimeException e) {
            return UNKNOWN;
        }
    }

    Optional<Instant> since(String plan) {
        return Optional.ofNullable(since.get(plan));
    }

    /** Adds a plan, unless it is there, or writes it now if that failed before; on failure a restart may forget it. */
    void add(String plan, Instant now) throws IOException {
        Instant first = since.computeIfAbsent(plan, _ -> now);
        if (!Files.exists(file(plan))) {
            PrivateFiles.replace(file(plan), first.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    void remove(String plan) throws IOException {
        if (since.containsKey(plan)) {
            Files.deleteIfExists(file(plan));
            PrivateFiles.sync(directory);
            since.remove(plan);
        }
    }

    private Path file(String plan) {
        return directory.resolve(plan + SUFFIX);
    }
}
