package dev.interlock.gate;

import dev.interlock.action.Call;
import dev.interlock.action.TraceContext;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.util.Optional;

/** How a front sends a call on. It is called at most once for an attempt, and only after the intent is durable. */
public interface Upstream<R> {

    /**
     * Says before {@link #forward} what the answer must go through, the last word counting; nothing unless it is said.
     */
    void answerThrough(Optional<Veil> veil);

    /** Says before {@link #forward} where in a trace the call stands; it stands in none unless it is said. */
    default void traceBy(TraceContext context) {}

    /**
     * Says before {@link #forward} what looks through the answer, as it goes out, the last word counting; nothing
     * unless it is said. Of what is not let pass, and what follows it, nothing more is passed on.
     */
    void lookOut(Lookout lookout);

    /**
     * Says before {@link #forward} that the call only looks: if whoever asked leaves before the answer has begun,
     * nobody wants it any more, and it is cut off. Any other call goes on to its answer, so that what became of it is
     * known.
     */
    void onlyLooks();

    /**
     * Sends {@code outgoing}, written anew, with {@code credential} in its slot, and returns once the answer has begun.
     *
     * @throws NotSentException if it is certain that nothing left, or that the upstream did nothing with it
     * @throws IOException if the link died after something may have left: the call may have happened
     */
    R forward(Call outgoing, Credential credential) throws IOException;

    /**
     * Cuts the call off, from any thread and at once, whether it has been sent or not: {@link #forward} then throws,
     * and an answer that is being passed on ends in the middle, on both sides. Does not wait and does not throw.
     */
    void cut();

    /**
     * Says that the call waits for people from now on, until what is returned is closed, and has {@code gone} run, on
     * any thread, once whoever asked is gone: for nobody nothing is released.
     */
    Waiting waits(Runnable gone);

    /** That a call waits. */
    @FunctionalInterface
    interface Waiting extends AutoCloseable {

        /** It waits no longer. */
        @Override
        void close();
    }

    /** What became of the call, as far as {@code answer} tells. */
    Ending ending(R answer);

    /**
     * What the outcome's receipt says of an answer.
     *
     * @param result whether the upstream did it, said that it did not, or left it open
     * @param members such as its status; never any of its content
     * @param sent length and digest of a body that nobody had seen whole before
     */
    record Ending(Receipt.Result result, Json.Members members, Optional<Json.Members> sent) {

        /** Of a call that was whole when it was decided. */
        public Ending(Receipt.Result result, Json.Members members) {
            this(result, members, Optional.empty());
        }
    }
}
