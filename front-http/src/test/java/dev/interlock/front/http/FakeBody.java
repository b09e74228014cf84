package dev.interlock.front.http;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** A body that returns its pieces as they were put in. */
final class FakeBody implements UpstreamAnswer.AnswerBody {

    final Deque<byte[]> pieces = new ArrayDeque<>();

    /** The number of pieces that arrive without a wait. */
    int ready = Integer.MAX_VALUE;

    /** Whether all has arrived. */
    boolean whole;

    boolean dies;
    int closed;

    @Override
    public Optional<byte[]> next() throws IOException {
        ready--;
        if (pieces.isEmpty() && dies) {
            throw new IOException("connection reset");
        }
        return Optional.ofNullable(pieces.poll());
    }

    @Override
    public boolean isReady() {
        return ready > 0;
    }

    @Override
    public boolean isWhole() {
        return whole;
    }

    @Override
    public int peak() {
        return 0;
    }

    @Override
    public void close() {
        closed++;
    }
}
