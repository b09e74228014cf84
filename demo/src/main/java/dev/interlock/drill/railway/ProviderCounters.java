package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The counters of what really arrived and what was really done. {@code counters.json} is replaced atomically before any
 * answer is sent, so that a client with an answer reads numbers that include it.
 *
 * <p>Threading: every method holds the monitor.
 */
final class ProviderCounters {

    /** The number of requests that are listed: enough for one drill, and the file stays small. */
    private static final int LAST_REQUESTS = 64;

    private final Path file;
    private final Path fresh;
    private final ObjectMapper json;
    private final Map<String, Long> attempted = new TreeMap<>();
    private final Map<String, Long> executed = new TreeMap<>();
    private final Map<String, Long> byToken = new TreeMap<>();
    private final Deque<Map<String, Object>> last = new ArrayDeque<>();
    private long connections;
    private long requests;

    ProviderCounters(Path state, ObjectMapper json) {
        this.file = state.resolve("counters.json");
        this.fresh = state.resolve("counters.json.new");
        this.json = json;
    }

    /** Counts an accepted TCP connection, whether or not a byte follows. */
    synchronized void connected() {
        connections++;
        write();
    }

    /** Counts a request that was read completely. */
    synchronized void requested(String method, String path, TokenOwner caller, String bodyDigest) {
        requests++;
        byToken.merge(caller.label(), 1L, Long::sum);
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("method", method);
        entry.put("path", path);
        entry.put("token", caller.label());
        entry.put("body_sha256", bodyDigest);
        last.addLast(entry);
        if (last.size() > LAST_REQUESTS) {
            last.removeFirst();
        }
        write();
    }

    /** Counts a root field that is about to be executed. */
    synchronized void attempted(String field) {
        attempted.merge(field, 1L, Long::sum);
    }

    /** Counts a root field that has been executed, with all its effects. */
    synchronized void executed(String field) {
        executed.merge(field, 1L, Long::sum);
    }

    synchronized void write() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("connections", connections);
        all.put("requests", requests);
        all.put("attempted", attempted);
        all.put("executed", executed);
        all.put("by_token", byToken);
        all.put("last", last);
        try {
            Files.write(fresh, json.writeValueAsBytes(all));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
