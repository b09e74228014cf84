package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.FairRoom;
import dev.interlock.gate.Veil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Passes an answer on without the secrets that stand in it. It is read whole before its head is passed on, because what
 * is found in it decides; what is too long, or not understood, does not go at all.
 *
 * <p>Threading: any; at most {@link #MAX_AT_ONCE} answers lie in memory at once.
 */
final class VeiledAnswer {

    /** What the reader of JSON takes; answers that hold secrets are small. */
    static final int MAX_BODY = 1024 * 1024;

    /** A reference may be longer than what it stands for: of many short values more is made than came. */
    static final int MAX_MADE = 2 * MAX_BODY;

    static final int MAX_AT_ONCE = 16;

    /** Longer than that nobody waits; the call has been made, and its answer is withheld. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FairRoom room = new FairRoom(MAX_AT_ONCE);
    private final Object looking = new Object();

    /** @param holder whose answer it is, as far as the front knows that: of each only so many lie here */
    Answer of(Answer answer, Veil veil, String holder) throws IOException {
        if (answer.isPart()) {
            return answer.withheld("it may hold secrets, and is only a part");
        }
        if (!room.enter(holder, PATIENCE)) {
            return answer.withheld("too many answers with secrets are under way");
        }
        boolean kept = false;
        try {
            Optional<Bytes> whole = whole(answer);
            if (whole.isEmpty()) {
                return answer.withheld("it may hold secrets, and is longer than " + MAX_BODY + " bytes");
            }
            Optional<Bytes> veiled = whole.get().length() == 0 ? whole : over(whole.get(), veil);
            if (veiled.isEmpty()) {
                return answer.withheld("it may hold secrets, and is no JSON that is understood");
            }
            Bytes body = veiled.get();
            if (body.length() > MAX_MADE) {
                return answer.withheld("with references for its secrets it is too long");
            }
            kept = true;
            return answer.replaced(rest -> new Whole(rest, body.toArray(), () -> room.leave(holder)));
        } finally {
            if (!kept) {
                room.leave(holder);
            }
        }
    }

    /**
     * One after the other: what is read takes many times the room of its bytes, for as long as it is looked through.
     */
    private Optional<Bytes> over(Bytes whole, Veil veil) {
        synchronized (looking) {
            return veil.over(whole);
        }
    }

    private static Optional<Bytes> whole(Answer answer) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Optional<byte[]> piece = answer.next();
        while (piece.isPresent()) {
            if (body.size() + piece.get().length > MAX_BODY) {
                return Optional.empty();
            }
            body.writeBytes(piece.get());
            piece = answer.next();
        }
        return Optional.of(Bytes.of(body.toByteArray()));
    }

    /** What was made of a whole body. */
    private static final class Whole extends Answer.Filter {
        private final Runnable leave;
        private Optional<byte[]> left;
        private boolean closed;

        Whole(Answer.Body read, byte[] body, Runnable leave) {
            super(read);
            this.leave = leave;
            this.left = body.length == 0 ? Optional.empty() : Optional.of(body);
        }

        @Override
        public Optional<byte[]> next() {
            Optional<byte[]> next = left;
            left = Optional.empty();
            return next;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                leave.run();
            }
            super.close();
        }
    }
}
