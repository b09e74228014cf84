package dev.interlock.telemetry;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.gate.Observer;
import dev.interlock.gate.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Traces of attempts: a span each, and one a step. The trace is the agent's choice, so no fact: receipts are.
 *
 * @param upstreams the names that the seal has; no other is shown
 */
public record AttemptTraces(SpanQueue queue, InstantSource clock, Supplier<Set<String>> upstreams) implements Observer {

    @Override
    public AttemptObservation begin(Attempt attempt) {
        return new TracedAttempt(attempt);
    }

    /** An unread request has no data for a span; its receipt records it. */
    @Override
    public void unread(Refusal refusal) {}

    private static String id(int bytes) {
        byte[] id = new byte[bytes];
        do {
            ThreadLocalRandom.current().nextBytes(id); // identifiers, not secrets
        } while (HexFormat.of().formatHex(id).chars().allMatch(digit -> digit == '0'));
        return HexFormat.of().formatHex(id);
    }

    private final class TracedAttempt implements AttemptObservation {

        private final TraceContext context;
        private final String parent;
        private final String upstream;
        private final long wall;
        private final long began = System.nanoTime();
        private final List<TraceSpan> steps = new ArrayList<>();
        private Optional<Step> step = Optional.empty();
        private String stepId = "";
        private long entered;

        TracedAttempt(Attempt attempt) {
            Instant now = clock.instant();
            this.wall = Duration.between(Instant.EPOCH, now).toNanos();
            this.parent = attempt.trace().map(TraceContext::parent).orElse("");
            this.context = attempt.trace()
                    .map(told -> told.from(id(8)))
                    .orElseGet(() -> new TraceContext(id(16), id(8), 1, ""));
            this.upstream = upstreams.get().contains(attempt.upstream()) ? attempt.upstream() : "other";
        }

        @Override
        public void beginStep(Step next) {
            leave(false);
            step = Optional.of(next);
            stepId = id(8);
        }

        private void leave(boolean failed) {
            long now = System.nanoTime();
            if (step.isPresent()) {
                TraceSpan.Kind kind = step.get() == Step.ACT ? TraceSpan.Kind.CLIENT : TraceSpan.Kind.INTERNAL;
                String name = "interlock." + step.get().name().toLowerCase(Locale.ROOT);
                steps.add(new TraceSpan(
                        context.trace(), stepId, context.parent(), name, kind, at(entered), at(now), Map.of(), failed));
            }
            entered = now;
        }

        // Uses one clock for all of an attempt, because the wall clock may be set meanwhile.
        private long at(long nanos) {
            return wall + (nanos - began);
        }

        @Override
        public Optional<TraceContext> upstreamTrace() {
            return Optional.of(context.from(stepId));
        }

        @Override
        public void end(Outcome<?> outcome) {
            Map<String, String> attributes = new TreeMap<>();
            attributes.put("interlock.upstream", upstream);
            attributes.put("interlock.verdict", verdict(outcome));
            if (!outcome.receipt().isEmpty()) {
                attributes.put("interlock.receipt", outcome.receipt());
            }
            refusal(outcome)
                    .ifPresent(refusal ->
                            attributes.put("interlock.kind", refusal.kind().word()));
            boolean failed = refusal(outcome).isPresent() && step.equals(Optional.of(Step.ACT));
            leave(failed);
            List<TraceSpan> spans = new ArrayList<>(steps);
            spans.add(new TraceSpan(
                    context.trace(),
                    context.parent(),
                    parent,
                    "interlock.attempt",
                    TraceSpan.Kind.SERVER,
                    wall,
                    at(entered),
                    attributes,
                    failed));
            queue.offer(spans);
        }

        private static String verdict(Outcome<?> outcome) {
            return switch (outcome) {
                case Outcome.Forwarded<?> _ -> "forwarded";
                case Outcome.Refused<?> _ -> "refused";
                case Outcome.Held<?> _ -> "held";
                case Outcome.DryRunOutcome<?> _ -> "tried";
            };
        }

        private static Optional<Refusal> refusal(Outcome<?> outcome) {
            return switch (outcome) {
                case Outcome.Refused<?> refused -> Optional.of(refused.refusal());
                case Outcome.Held<?> held -> Optional.of(held.refusal());
                case Outcome.Forwarded<?> _, Outcome.DryRunOutcome<?> _ -> Optional.empty();
            };
        }
    }
}
