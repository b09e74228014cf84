package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The means of a front to forward a call. It is used at most once for an attempt, and only after the intent is durable.
 */
public interface Upstream<R> {

    /** Sets before {@link #forward} the redaction of the answer. The last call counts, and there is none by default. */
    void redactAnswerBy(Optional<ResponseRedactor> redactor);

    /** Sets before {@link #forward} the trace context of the call. There is none by default. */
    default void traceBy(TraceContext context) {}

    /**
     * Sets before {@link #forward} the search of the answer as it goes out. The last call counts, and there is none by
     * default. A part that is not let pass is not passed on, and nothing after it is.
     */
    void scanAnswerBy(ResponseScanner scanner);

    /**
     * Sets before {@link #forward} the screen of the files in the answer. There is none by default. A front whose
     * answers show no files needs none.
     */
    default void screenAnswerBy(AnswerScreen screen) {
        throw new IllegalStateException("no answer of this front can be screened");
    }

    /**
     * Says before {@link #forward} that the call only reads: it is cut off if the client leaves before the answer has
     * begun. Any other call goes on, so that its outcome is known.
     */
    void markReadOnly();

    /**
     * Returns {@code actions} with what they would change, counted by the upstream, if it can do the call and take it
     * back. Nothing of it is done, to others' eyes, before {@link #forward}. May be called again, which changes
     * nothing.
     *
     * @param rules what may be kept, so that it can be put back; empty if nothing is
     */
    default Measured measured(List<Action> actions, Optional<UndoRules> rules) {
        return new Measured(actions, Optional.empty());
    }

    /**
     * What a call would do.
     *
     * @param state all that it changes, as the front can put it back; empty if that is not certain, or too long
     */
    record Measured(List<Action> actions, Optional<Bytes> state) {}

    /**
     * Sends {@code outgoing}, written anew, with {@code credential} in its slot, and returns once the answer has begun.
     *
     * @throws NotSentException if it is certain that nothing left, or that the upstream did nothing with it
     * @throws IOException if the connection broke after something may have left: the call may have happened
     */
    R forward(Call outgoing, Credential credential) throws IOException;

    /**
     * Cuts the call off at once, from any thread, whether it has been sent or not. {@link #forward} then throws, and an
     * answer that is being passed on ends in the middle, on both sides. Does not wait and does not throw.
     */
    void cut();

    /**
     * Says that the call waits for people from now on, until the result is closed. Runs {@code gone}, on any thread,
     * once the client has disconnected: nothing is released without a client.
     */
    WaitState beginWaiting(Runnable gone);

    @FunctionalInterface
    interface WaitState extends AutoCloseable {

        /**
         * Tells the client, if its protocol can, that the call waits in {@code hold}, for {@code left} at most: for
         * people, or, once they have signed, for its cooldown or its turn.
         */
        default void report(String hold, Refusal why, boolean isSigned, Duration left) {}

        /** Says that people have signed: the call is tried again now. */
        default void markSigned() {}

        /** Ends the wait. */
        @Override
        void close();
    }

    /** Returns what became of the call, as far as {@code answer} tells by now. */
    AnswerOutcome ending(R answer);

    /**
     * Runs {@code then} once, when {@link #ending} can say no more about {@code answer}: its end has come and is not
     * yet passed on, or it broke off, or it was closed unread.
     */
    default void whenEnded(R answer, Runnable then) {
        then.run();
    }

    /**
     * The outcome of an answer, without any of its content. {@code sent}: length and digest of a body that nobody had
     * seen whole.
     */
    record AnswerOutcome(Receipt.Result result, Json.Members members, Optional<Json.Members> sent) {}
}
