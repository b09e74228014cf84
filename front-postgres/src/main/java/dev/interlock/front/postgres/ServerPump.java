package dev.interlock.front.postgres;

import dev.interlock.gate.ResponseScanner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what the server says, as it comes. A client that does not read stops it, and so the server. It keeps count
 * of whose turn it is, and takes out the answers to the gateway's own questions. Threading: {@link #run} is one
 * thread's; the rest is the session's.
 */
final class ServerPump implements Runnable {

    private static final int CHUNK = 1 << 13;

    /** More than any message that is not passed on in pieces. */
    private static final int MAX_KEPT = 1 << 20;

    /** The end of a part that is searched again with the next: a secret may stand across the edge. */
    private static final int OVERLAP = 256;

    private static final int MAX_ANSWER = 1 << 20;

    /** What the server waits for. */
    enum Turn {
        /** Nothing: it works. */
        SERVER,
        /** The next statement. */
        CLIENT,
        /** Rows to copy. */
        COPY_IN,
        /** It is gone. */
        OVER
    }

    private final Wire server;
    private final Wire client;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Turn turn = Turn.CLIENT;
    private volatile char status = 'I';
    private volatile String failed = "";
    private final List<String> tags = new ArrayList<>();
    /** The parts of an open batch that the server has not answered yet. */
    private int owed;

    private @Nullable List<Message> answers;
    private int answered;
    private boolean isBounded;
    private boolean isCut;
    private int closesLeft;
    private boolean isSynced;
    private int readiesLeft;
    private volatile boolean asked;
    private volatile boolean isGuarded;
    private volatile boolean hidesReady;
    private volatile boolean hidesSettings;
    private volatile ResponseScanner scanner = (_, _) -> true;
    private byte[] tail = {};

    ServerPump(Wire server, Wire client) {
        this.server = server;
        this.client = client;
    }

    @Override
    public void run() {
        try {
            while (true) {
                int type = server.type();
                if (type < 0) {
                    break;
                }
                pass((char) type, server.length(Integer.MAX_VALUE - 8));
                if (server.isDrained()) {
                    client.flush();
                }
            }
        } catch (IOException _) {
            // whichever side is gone, the other goes too
        } finally {
            turn(Turn.OVER);
        }
    }

    private void pass(char type, int length) throws IOException {
        switch (type) {
            case 'N', 'D', 'd' -> {
                if (asked) {
                    takeBounded(type, length);
                } else {
                    stream(type, length);
                }
            }
            case 'W' -> throw new ProtocolException("the server starts a replication");
            case 'K', 'R', 'v' -> throw new ProtocolException("the server greets twice");
            default -> whole(new Message(type, server.in().readNBytes(kept(length))));
        }
    }

    private static int kept(int length) throws ProtocolException {
        if (length > MAX_KEPT) {
            throw new ProtocolException("the server sends a message of " + length + " bytes");
        }
        return length;
    }

    private void whole(Message message) throws IOException {
        boolean isAside = message.type() == 'A' || message.type() == 'S';
        if (message.type() == 'S') {
            ServerConnection.requireMeaning(message);
            if (hidesSettings) {
                return;
            }
        }
        if (!isAside && asked) {
            take(message);
            return;
        }
        scan(message.payload(), message.payload().length);
        if (message.type() != 'Z' || !hidesReady) {
            client.write(message);
        }
        switch (message.type()) {
            case 'E' ->
                note(() -> {
                    failed = Answers.fields(message).getOrDefault('C', "XX000");
                    owed = 0; // the server skips the rest up to the sync
                    changed.signalAll();
                });
            case 'C' ->
                note(() -> {
                    tags.add(tag(message));
                    answeredPart();
                });
            case '1', '2', '3', 'T', 'n', 'I', 's' -> note(this::answeredPart);
            case 'G' -> {
                client.flush();
                turn(Turn.COPY_IN);
            }
            case 'Z' -> {
                note(() -> status = (char) message.payload()[0]);
                client.flush();
                turn(Turn.CLIENT);
            }
            default -> {}
        }
    }

    static String tag(Message complete) {
        try {
            return complete.reader().text();
        } catch (ProtocolException _) {
            return "";
        }
    }

    private void stream(char type, int length) throws IOException {
        client.write(Message.head(type, length), Message.HEAD);
        byte[] chunk = new byte[Math.min(length, CHUNK)];
        for (int left = length; left > 0; ) {
            int part = Math.min(left, chunk.length);
            server.in().readFully(chunk, 0, part);
            scan(chunk, part);
            client.write(chunk, part);
            left -= part;
        }
    }

    private synchronized void scan(byte[] bytes, int length) throws ProtocolException {
        byte[] seen = Arrays.copyOf(tail, tail.length + length);
        System.arraycopy(bytes, 0, seen, tail.length, length);
        if (!scanner.passes(seen, false)) {
            throw new ProtocolException("the answer holds a credential");
        }
        tail = seen.length <= OVERLAP ? seen : Arrays.copyOfRange(seen, seen.length - OVERLAP, seen.length);
    }

    /** Takes a row or a notice in, or passes over it if the answer is too long. */
    private void takeBounded(char type, int length) throws IOException {
        boolean isTooLong = length > (isBounded ? MAX_ANSWER : Batch.MAX_BYTES) - answered;
        if (!isTooLong) {
            answered += length + 64;
            take(new Message(type, server.in().readNBytes(length)));
        } else if (isBounded) {
            server.in().skipNBytes(length);
            note(() -> isCut = true);
        } else {
            throw new ProtocolException("the server's answer to a question is too long");
        }
    }

    private void take(Message message) {
        note(() -> {
            if (answers != null) {
                answers.add(message);
            }
            closesLeft -= message.type() == '3' ? 1 : 0;
            // Without a sync an error is the last that the server says, as the last close is without an error.
            readiesLeft -= message.type() == 'Z' ? 1 : 0;
            if (isGuarded && message.type() == 'E') {
                failed = Answers.fields(message).getOrDefault('C', "XX000");
                hidesReady = true;
            }
            boolean isLast = isSynced ? readiesLeft == 0 : message.type() == 'E' || closesLeft == 0;
            if (isLast) {
                asked = false;
                changed.signalAll();
            }
        });
    }

    private void note(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    private void turn(Turn next) {
        note(() -> {
            turn = next;
            changed.signalAll();
        });
    }

    private void answeredPart() {
        owed--;
        changed.signalAll();
    }

    /** Says that {@code messages} are about to be sent. */
    void begin(List<Message> messages) {
        note(() -> {
            if (turn == Turn.CLIENT) {
                turn = Turn.SERVER;
                failed = "";
                tags.clear();
                owed = 0;
            }
            owed += (int) messages.stream()
                    .filter(message -> "PBCDE".indexOf(message.type()) >= 0)
                    .count();
        });
    }

    /**
     * Says that a guard is about to be sent, and {@code messages} behind it: the client is told nothing of the guard.
     */
    void beginGuarded(List<Message> messages) {
        begin(messages);
        note(() -> {
            answered = 0;
            closesLeft = 1;
            isSynced = false;
            isGuarded = true;
            asked = true;
        });
    }

    /**
     * Returns whether the guard lets the rest run. Otherwise the server is ready again, and the client told nothing.
     */
    boolean holds() {
        awaitWhile(() -> asked);
        isGuarded = false;
        boolean holds = !hidesReady;
        if (!holds) {
            await();
            hidesReady = false;
        }
        return holds;
    }

    /**
     * Waits until the server has answered every part of the open batch, or wants rows. Nothing that the client sent is
     * then still to come, which could be taken for the answer to a question of the gateway's own.
     */
    Turn awaitParts() {
        return awaitWhile(() -> turn == Turn.SERVER && owed > 0);
    }

    void hideReady(boolean hides) {
        hidesReady = hides;
    }

    /** Sets whether the client is not told of settings, which the gateway changes and sets back. */
    void hideSettings(boolean hides) {
        hidesSettings = hides;
    }

    void scanBy(ResponseScanner through) {
        scanner = through;
    }

    /** Waits until the server is done, or wants rows. */
    Turn await() {
        return awaitWhile(() -> turn == Turn.SERVER);
    }

    private Turn awaitWhile(BooleanSupplier isWaiting) {
        lock.lock();
        try {
            while (turn != Turn.OVER && isWaiting.getAsBoolean()) {
                changed.awaitUninterruptibly();
            }
            return turn;
        } finally {
            lock.unlock();
        }
    }

    /** Says that the client has sent its rows. */
    void copied() {
        note(() -> {
            if (turn == Turn.COPY_IN) {
                turn = Turn.SERVER;
            }
        });
    }

    Turn turn() {
        return turn;
    }

    char status() {
        return status;
    }

    /** Returns the error's state of what was sent last, or an empty text. */
    String failed() {
        return failed;
    }

    List<String> tags() {
        lock.lock();
        try {
            return List.copyOf(tags);
        } finally {
            lock.unlock();
        }
    }

    /**
     * What the server has answered.
     *
     * @param isCut whether rows are left out
     */
    record Asked(List<Message> messages, boolean isCut) {

        boolean hasFailed() {
            return isCut || messages.stream().anyMatch(message -> message.type() == 'E');
        }

        /** Returns the state of the first error, or an empty text. */
        String state() {
            return messages.stream()
                    .filter(message -> message.type() == 'E')
                    .findFirst()
                    .map(error -> Answers.fields(error).getOrDefault('C', "XX000"))
                    .orElse("");
        }

        /** Returns the transaction's state: {@code I}, {@code T} or {@code E}. */
        char status() {
            return (char) messages.getLast().payload()[0];
        }

        List<List<String>> rows() throws ProtocolException {
            List<List<String>> rows = new ArrayList<>();
            for (Message message : messages) {
                if (message.type() == 'D') {
                    rows.add(CatalogQuery.values(message));
                }
            }
            return rows;
        }
    }

    /** Sends {@code question}, which ends with one sync or is a query, and returns what the server answers. */
    Asked ask(List<Message> question) throws IOException {
        return askAll(List.of(question)).getFirst();
    }

    /** Sends {@code questions} at once, and returns the answers. One that fails does not keep the next from running. */
    List<Asked> askAll(List<List<Message>> questions) throws IOException {
        List<Message> all = ask(questions.stream().flatMap(List::stream).toList(), true, true, questions.size());
        lock.lock();
        try {
            List<Asked> answered = new ArrayList<>();
            for (int i = 0, from = 0; i < all.size(); i++) {
                if (all.get(i).type() == 'Z') {
                    answered.add(new Asked(all.subList(from, i + 1), isCut));
                    from = i + 1;
                }
            }
            return answered;
        } finally {
            lock.unlock();
        }
    }

    /** Passes {@code kept} on, as if the server had said it just now. */
    void replay(List<Message> kept) throws IOException {
        begin(List.of());
        for (Message message : kept) {
            whole(message);
        }
    }

    /**
     * Sends {@code question}, which ends by closing something, and returns what the server answers.
     *
     * @param synced whether it ends with a sync
     */
    List<Message> ask(List<Message> question, boolean synced) throws IOException {
        return ask(question, synced, false, 1);
    }

    private List<Message> ask(List<Message> question, boolean synced, boolean bounded, int readies) throws IOException {
        note(() -> {
            answered = 0;
            isCut = false;
            isBounded = bounded;
            answers = new ArrayList<>();
            closesLeft = (int)
                    question.stream().filter(message -> message.type() == 'C').count();
            isSynced = synced;
            readiesLeft = readies;
            asked = true;
        });
        for (Message message : question) {
            server.write(message);
        }
        server.flush();
        awaitWhile(() -> asked);
        lock.lock();
        try {
            List<Message> all = answers == null ? List.of() : List.copyOf(answers);
            answers = null;
            if (asked) {
                throw new IOException("the server has gone");
            }
            return all;
        } finally {
            lock.unlock();
        }
    }
}
