package dev.interlock.stdio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One session of MCP, with a program of its own.
 *
 * <p>Threading: one thread reads the program and one writes to it; requests wait on threads of their callers. All
 * queues are bounded: what does not fit is refused, or left out if it is only a notification.
 */
final class StdioSession implements AutoCloseable {

    static final int LONGEST_LINE = 4 << 20;
    private static final int LONGEST_NOTIFICATION = 1 << 16;
    private static final int MOST_WAITING = 64;
    private static final int MOST_REQUESTS = 32;
    private static final int UNKNOWN_METHOD = -32601;
    /** The program has ended, so nobody knows what it did of the request. */
    static final Message UNANSWERED = Message.emptyResult(NullNode.getInstance());

    private final ServerProgram.RunningProgram program;
    private final Runnable onEnd;
    private final BlockingQueue<Message> toProgram = new ArrayBlockingQueue<>(MOST_WAITING);
    private final BlockingQueue<Message> unasked = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Map<JsonNode, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicBoolean listened = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread writer = Thread.ofVirtual().name("write-server").unstarted(this::writeAll);
    private volatile Instant used;

    /**
     * A request that the program has not answered.
     *
     * @param said its progress so far, and at last its answer, or {@link #UNANSWERED}
     */
    record Pending(JsonNode id, JsonNode progress, BlockingQueue<Message> said) {

        /** If nobody has read the progress, that goes. */
        private void end(Message answer) {
            if (!said.offer(answer)) {
                said.clear();
                said.add(answer);
            }
        }
    }

    /** @param onEnd is called once, when the program has ended */
    StdioSession(ServerProgram.RunningProgram program, Instant now, Runnable onEnd) {
        this.program = program;
        this.used = now;
        this.onEnd = onEnd;
    }

    void begin() {
        writer.start();
        Thread.ofVirtual().name("read-server").start(this::readAll);
    }

    /** Returns whether it was taken. */
    boolean tell(Message message) {
        return !over.get() && toProgram.offer(message);
    }

    /** Returns nothing if it cannot be taken: its identifier is in use, or too much is waiting. */
    Optional<Pending> ask(Message request) {
        JsonNode progress = request.json().path("params").path("_meta").path("progressToken");
        Pending asked = new Pending(request.id(), progress, new ArrayBlockingQueue<>(MOST_WAITING));
        if (pending.size() >= MOST_REQUESTS || pending.putIfAbsent(request.id(), asked) != null) {
            return Optional.empty();
        }
        if (!toProgram.offer(request)) {
            pending.remove(request.id(), asked);
            return Optional.empty();
        }
        if (over.get()) {
            endAll(); // it has ended in between
        }
        return Optional.of(asked);
    }

    void forget(Pending asked, Instant now) {
        pending.remove(asked.id(), asked);
        used = now;
    }

    /** Returns what the program says unasked, unless somebody has it already; give it back with {@link #leave}. */
    Optional<BlockingQueue<Message>> listen() {
        return listened.compareAndSet(false, true) ? Optional.of(unasked) : Optional.empty();
    }

    void leave(Instant now) {
        used = now;
        listened.set(false);
    }

    /** Returns when it was last used; nothing while it is in use. */
    Optional<Instant> idleSince() {
        return pending.isEmpty() && !listened.get() ? Optional.of(used) : Optional.empty();
    }

    boolean isOver() {
        return over.get();
    }

    private void readAll() {
        // A line that is too long answers one of them; its files and its session must not go with it.
        LineReader lines = new LineReader(program.output(), LONGEST_LINE, this::endAll);
        try {
            for (Optional<byte[]> line = lines.next(); line.isPresent(); line = lines.next()) {
                Message.read(line.get()).ifPresent(this::take); // servers also print what is no message
            }
        } catch (IOException e) {
            // It has ended, or has written a line without end: either is the end of the session.
        } finally {
            close();
        }
    }

    private void take(Message message) {
        if (message.isRequest()) {
            // Nobody answers a server's question: an answer is no person's yes. The answer may be left out.
            toProgram.offer(
                    message.method().equals("ping")
                            ? Message.emptyResult(message.id())
                            : Message.error(message.id(), UNKNOWN_METHOD, "The client answers no questions."));
        } else if (message.isNotification()) {
            if (message.bytes().length <= LONGEST_NOTIFICATION) {
                asked(message).orElse(unasked).offer(message);
            }
        } else {
            Pending answered = pending.get(message.id());
            if (answered != null) {
                answered.end(message);
            }
        }
    }

    private Optional<BlockingQueue<Message>> asked(Message message) {
        JsonNode token = message.json().path("params").path("progressToken");
        return message.method().equals("notifications/progress") && !(token instanceof MissingNode)
                ? pending.values().stream()
                        .filter(one -> one.progress().equals(token))
                        .map(Pending::said)
                        .findFirst()
                : Optional.empty();
    }

    private void writeAll() {
        try {
            OutputStream to = program.input();
            while (true) {
                to.write(toProgram.take().bytes());
                to.write('\n');
                to.flush();
            }
        } catch (IOException e) {
            close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the session is over
        }
    }

    private void endAll() {
        pending.values().forEach(one -> one.end(UNANSWERED));
    }

    /** Ends the program, and waits until it has ended. Its unanswered requests stay without an answer. */
    @Override
    public void close() {
        if (!over.compareAndSet(false, true)) {
            awaitEnd();
            return;
        }
        try {
            program.close();
        } finally {
            onEnd.run();
            endAll();
            writer.interrupt();
            ended.countDown();
        }
    }

    private void awaitEnd() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever ends it goes on
        }
    }
}
