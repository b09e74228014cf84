package dev.interlock.front.http;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A body as it comes from the upstream, which reports its end once, before the end is passed on.
 *
 * <p>Threading: for one thread.
 */
final class WatchedBody extends UpstreamAnswer.BodyFilter {

    private final Supplier<AnswerEnd> whole;
    private final Supplier<AnswerEnd> broken;
    private final Consumer<AnswerEnd> then;
    private boolean ended;

    /**
     * Watches {@code body}.
     *
     * @param whole returns what a regular end means
     * @param broken returns what an end in the middle means
     */
    WatchedBody(
            UpstreamAnswer.AnswerBody body,
            Supplier<AnswerEnd> whole,
            Supplier<AnswerEnd> broken,
            Consumer<AnswerEnd> then) {
        super(body);
        this.whole = whole;
        this.broken = broken;
        this.then = then;
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        try {
            Optional<byte[]> piece = body.next();
            if (piece.isEmpty()) {
                end(whole.get());
            }
            return piece;
        } catch (IOException e) {
            end(broken.get());
            throw e;
        }
    }

    @Override
    public void close() {
        super.close();
        end(AnswerEnd.UNREAD);
    }

    private void end(AnswerEnd how) {
        if (!ended) {
            ended = true;
            then.accept(how);
        }
    }
}
