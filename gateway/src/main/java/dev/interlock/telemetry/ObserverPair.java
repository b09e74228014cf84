package dev.interlock.telemetry;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.gate.Observer;
import dev.interlock.gate.Outcome;
import java.util.Optional;

/** Passes attempts to two observers in turn; the trace contexts of {@code tracing} are sent to upstreams. */
public record ObserverPair(Observer first, Observer tracing) implements Observer {

    @Override
    public AttemptObservation begin(Attempt attempt) {
        AttemptObservation one = first.begin(attempt);
        AttemptObservation other = tracing.begin(attempt);
        return new AttemptObservation() {
            @Override
            public void beginStep(Step step) {
                one.beginStep(step);
                other.beginStep(step);
            }

            @Override
            public Optional<TraceContext> upstreamTrace() {
                return other.upstreamTrace();
            }

            @Override
            public void end(Outcome<?> outcome) {
                one.end(outcome);
                other.end(outcome);
            }
        };
    }

    @Override
    public void unread(Refusal refusal) {
        first.unread(refusal);
        tracing.unread(refusal);
    }
}
