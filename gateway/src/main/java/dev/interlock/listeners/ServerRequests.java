package dev.interlock.listeners;

import dev.interlock.action.Refusal;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one MCP server has asked its clients for, and they have not answered yet. An answer is sent once, and only if
 * its request was let through to the same client in the same session.
 *
 * <p>Threading: any thread may call any method.
 */
final class ServerRequests {

    /** So often a server may ask while it answers one call. Nobody fills in more forms for one. */
    private static final int MAX_OF_CALL = 20;
    /** So often a server may ask at all between two calls, also for what is refused and whether the client is there. */
    private static final int MAX_ASKED = 1_000;
    /** Maximum sessions and calls of which something is kept; then the oldest is forgotten, and refused. */
    private static final int MAX_KEPT = 10_000;

    private static final int MAX_OPEN = 100;
    private static final String PING = "ping";

    private final Set<String> listed;
    // Guarded by this.
    private final Map<String, Session> sessions = new BoundedMap<>(MAX_KEPT);
    private final Map<String, Round> rounds = new BoundedMap<>(MAX_KEPT);

    /** @param listed the methods that the catalog lists */
    ServerRequests(Set<String> listed) {
        this.listed = listed;
    }

    /** A request of a server's, and why the client did not get it, if it did not. */
    record Asked(Optional<String> refusal) {}
    /** What a result of a call has asked for, by the server's names, and how much the call has so far. */
    record Round(Set<String> keys, int asked) {}

    private static final class Session {
        private final Map<Value, Asked> open = new BoundedMap<>(MAX_OPEN);
        private int passed;
        private int asked;
    }

    /** Notes that the client of {@code session} begins a call: the server may ask anew. */
    synchronized void begin(String session) {
        Optional.ofNullable(sessions.get(session)).ifPresent(known -> {
            known.passed = 0;
            known.asked = 0;
        });
    }

    synchronized boolean isIdle() {
        return sessions.isEmpty();
    }

    /** Notes a request with {@code id} for {@code method}; empty if the server has asked far too often. */
    synchronized Optional<Asked> ask(String session, Value id, String method) {
        Session known = sessions.computeIfAbsent(session, _ -> new Session());
        if (++known.asked > MAX_ASKED) {
            return Optional.empty();
        }
        Optional<String> refusal = method.equals(PING) ? Optional.empty() : refusal(method, known.passed);
        known.passed += method.equals(PING) || refusal.isPresent() ? 0 : 1;
        Asked asked = new Asked(refusal);
        known.open.put(id, asked);
        return Optional.of(asked);
    }

    private Optional<String> refusal(String method, int before) {
        if (!listed.contains(method)) {
            return Optional.of("The catalog does not list what the server asks for.");
        }
        return before >= MAX_OF_CALL
                ? Optional.of("The server has asked for more than " + MAX_OF_CALL + " times within one call.")
                : Optional.empty();
    }

    synchronized Optional<Asked> find(String session, Value id) {
        return Optional.ofNullable(sessions.get(session)).flatMap(known -> Optional.ofNullable(known.open.get(id)));
    }

    synchronized Optional<Asked> take(String session, Value id) {
        return Optional.ofNullable(sessions.get(session)).flatMap(known -> Optional.ofNullable(known.open.remove(id)));
    }

    /** Notes that a result of {@code call} asks for {@code methods}; returns why the client does not get it. */
    synchronized Optional<Refusal> ask(String call, Map<String, String> methods, int before) {
        for (String method : List.copyOf(methods.values())) {
            if (!listed.contains(method)) {
                return Optional.of(Refusal.denied(
                        "The server asks for more before it answers, which the catalog does not list.",
                        "Use another tool, or ask a person to list it below `asks` of the catalog.",
                        List.of()));
            }
        }
        // A result that asks for nothing, and only wants its state back, counts as well.
        int asked = before + Math.max(1, methods.size());
        if (asked > MAX_OF_CALL) {
            return Optional.of(Refusal.denied(
                    "The server has asked for more than " + MAX_OF_CALL + " times within one call.",
                    "Use another tool.",
                    List.of()));
        }
        rounds.put(call, new Round(Set.copyOf(methods.keySet()), asked));
        return Optional.empty();
    }

    /** Returns what the last result of {@code call} has asked for. */
    synchronized Optional<Round> find(String call) {
        return Optional.ofNullable(rounds.get(call));
    }

    synchronized Optional<Round> take(String call) {
        return Optional.ofNullable(rounds.remove(call));
    }

    static Refusal unasked() {
        return Refusal.denied(
                "The message answers something that the server has not asked this client for, or that is answered.",
                "Answer each request of the server once, in its session, with the same lease. Otherwise call the tool anew.",
                List.of());
    }
}
