package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * The counters of what really arrived and what was really done. {@code counters.json} is replaced atomically before any
 * answer is sent, so that a client with an answer reads numbers that include it.
 *
 * <p>Threading: every method holds the monitor.
 */
final class ProviderCounters {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Path fresh;
    private final Map<String, Long> attempted = new TreeMap<>();
    private final Map<String, Long> executed = new TreeMap<>();
    private final Map<String, Long> byToken = new TreeMap<>();
    private long connections;
    private long requests;

    ProviderCounters(Path state) {
        this.file = state.resolve("counters.json");
        this.fresh = state.resolve("counters.json.new");
    }

    /** Counts an accepted TCP connection, whether or not a byte follows. */
    synchronized void connected() {
        connections++;
        write();
    }

    /** Counts a request that was read completely, with the token of this label. */
    synchronized void requested(String label) {
        requests++;
        byToken.merge(label, 1L, Long::sum);
        write();
    }

    synchronized void attempted(String field) {
        attempted.merge(field, 1L, Long::sum);
    }

    synchronized void executed(String field) {
        executed.merge(field, 1L, Long::sum);
    }

    synchronized void write() {
        try {
            Files.write(
                    fresh,
                    JSON.writeValueAsBytes(Map.of(
                            "connections", connections,
                            "requests", requests,
                            "attempted", attempted,
                            "executed", executed,
                            "by_token", byToken)));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
