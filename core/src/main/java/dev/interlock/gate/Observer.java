package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import java.util.Optional;

/**
 * Observes how attempts go, to count and to time them. Nothing depends on it: an exception is logged and forgotten. It
 * is called on the attempt's own thread, and must not wait.
 */
public interface Observer {

    /** A step of an attempt, in this order. A confirmed attempt may take the steps up to {@link #SECURE} twice. */
    enum Step {
        /** Resolves who calls, what the call means, and what it would cost. */
        SENSE,
        /** Decides whether it may go. */
        DECIDE,
        /** Makes the decision durable: a refusal, a hold or an intent. */
        SECURE,
        /** Counts it, uses its confirmation, and opens its credential. */
        OPEN,
        /** Forwards it, until its answer begins. */
        ACT
    }

    /** The observation of one attempt. Called by one thread. */
    interface AttemptObservation {

        /** Reports that the attempt enters {@code step}, and has left the one before. */
        void beginStep(Step step);

        Optional<TraceContext> upstreamTrace();

        /** Reports that the attempt is over, or that its answer is being passed on. */
        void end(Outcome<?> outcome);
    }

    AttemptObservation begin(Attempt attempt);

    /** Reports that a front refused something by itself, which never became an attempt. */
    void unread(Refusal refusal);

    /** Passes on the agent's trace context, and stores nothing. */
    Observer NONE = new Observer() {
        @Override
        public AttemptObservation begin(Attempt attempt) {
            return new AttemptObservation() {
                @Override
                public void beginStep(Step step) {}

                @Override
                public Optional<TraceContext> upstreamTrace() {
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
