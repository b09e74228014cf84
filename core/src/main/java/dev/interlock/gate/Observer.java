package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import java.util.Optional;

/**
 * Who is told how attempts go, to count and to time them. Nothing depends on it: what it throws is logged and
 * forgotten. It is told on the attempt's own thread, and must not wait.
 */
public interface Observer {

    /**
     * What an attempt goes through, in this order; perhaps twice up to {@link #SECURE}, if people have confirmed it.
     */
    enum Step {
        /** Who it is, what it means, what it would cost. */
        SENSE,
        /** Whether it may go. */
        DECIDE,
        /** What was decided becomes durable: a refusal, a hold or an intent. */
        SECURE,
        /** It is counted, its confirmation used, its credential opened. */
        OPEN,
        /** It is forwarded, until its answer begins. */
        ACT
    }

    /** One attempt. Told by one thread. */
    interface Course {

        /** It enters {@code step}, and has left the one before. */
        void enter(Step step);

        /** What the upstream is told of the trace that it is part of. */
        Optional<TraceContext> onward();

        /** It is over, or its answer is being passed on. */
        void end(Outcome<?> outcome);
    }

    /** An attempt begins, which is not the gateway's own. */
    Course begin(Attempt attempt);

    /** A front refused something by itself, which never became an attempt. */
    void unread(Refusal refusal);

    /** Passes on what the agent said of its trace, and keeps nothing. */
    Observer NONE = new Observer() {
        @Override
        public Course begin(Attempt attempt) {
            return new Course() {
                @Override
                public void enter(Step step) {}

                @Override
                public Optional<TraceContext> onward() {
                    return attempt.trace();
                }

                @Override
                public void end(Outcome<?> outcome) {}
            };
        }

        @Override
        public void unread(Refusal refusal) {}
    };
}
