package dev.interlock.listeners;

import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The tasks that one MCP server has given its clients. Only the client that was given a task may ask for it, in the
 * session in which it was given.
 *
 * <p>Threading: any thread may call any method.
 */
final class ServerTasks {

    /** Maximum tasks of one client. A client that begins more no longer waits for the oldest. */
    private static final int MAX_OF_CLIENT = 100;
    /** Maximum clients that have tasks, so that what is kept needs little memory; then the oldest has none left. */
    private static final int MAX_CLIENTS = 1_000;

    private final LongSupplier nanos;
    // Guarded by this. Which tasks a client has, each with the time until which it is known.
    private final Map<String, Map<String, Long>> clients = new BoundedMap<>(MAX_CLIENTS);

    ServerTasks(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Stands for {@code task} in its session. Sessions have no blanks, and both may be long. */
    private static String key(String session, String task) {
        return Bytes.utf8(session + ' ' + task).sha256();
    }

    synchronized void give(String client, String session, String task, Duration ttl) {
        Map<String, Long> own =
                Optional.ofNullable(clients.remove(client)).orElseGet(() -> new BoundedMap<>(MAX_OF_CLIENT));
        String given = key(session, task);
        own.remove(given); // so that it is the youngest
        own.put(given, nanos.getAsLong() + ttl.toNanos());
        clients.put(client, own);
    }

    /** Returns whether {@code client} was given {@code task}, and its time is not over. */
    synchronized boolean isOf(String client, String session, String task) {
        Long until = clients.getOrDefault(client, Map.of()).get(key(session, task));
        return until != null && nanos.getAsLong() - until < 0;
    }

    /** Returns the refusal of a question about a task that its sender was not given. */
    static Refusal unknown() {
        return Refusal.denied(
                "There is no such task of this client in this session, or its time is over.",
                "Ask only for a task that you were given, in the same session and with the same lease. After a new seal or a restart of Interlock, call the tool anew, once you know what the last call has done.",
                List.of());
    }

    static Refusal unasked() {
        return Refusal.denied(
                "The server answers with a task that nobody has asked it for.",
                "It may go on with what was asked. Have a person look at the server before you call it again.",
                List.of());
    }
}
