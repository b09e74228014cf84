package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RehearsalAttestation;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * A recovery that somebody rehearsed ({@code docs/formats/backup.md}); its signer is the one who did it. The faults in
 * {@code wrong} are none if everything was restored.
 */
public record Rehearsal(
        String plan, Resource of, String backup, Instant rehearsedAt, List<RehearsalStep> steps, List<String> wrong) {

    public static final String NAMESPACE = RehearsalAttestation.NAMESPACE;
    private static final int MAX_STEPS = 64; // Maximum of steps. Nobody works through a longer checklist.

    public enum StepResult implements Keyword {
        DONE,
        /** Nobody was there to do it. */
        SKIPPED,
        FAILED;

        static StepResult of(String word) {
            return Keyword.find(StepResult.class, word)
                    .orElseThrow(() -> new MalformedException("a step must be `done`, `skipped` or `failed`"));
        }
    }

    /** The duration is truncated to milliseconds, as signed, because totals must be computed from the same values. */
    public record RehearsalStep(String name, StepResult result, Duration took) {

        public RehearsalStep {
            took = took.truncatedTo(ChronoUnit.MILLIS);
        }
    }

    public Rehearsal {
        steps = List.copyOf(steps);
        wrong = List.copyOf(wrong);
        if (steps.isEmpty() || steps.size() > MAX_STEPS) {
            throw new IllegalArgumentException("a rehearsal has from 1 to " + MAX_STEPS + " steps");
        }
        if (wrong.isEmpty() && steps.stream().anyMatch(step -> step.result() == StepResult.FAILED)) {
            throw new IllegalArgumentException("a step failed, but no fault is given");
        }
        if (steps.stream().anyMatch(step -> step.took().isNegative())) {
            throw new IllegalArgumentException("a step cannot take negative time");
        }
    }

    /** Returns the duration of all steps in whole seconds, rounded up. */
    public long tookSeconds() {
        Duration all = steps.stream().map(RehearsalStep::took).reduce(Duration.ZERO, Duration::plus);
        return all.plusMillis(999).toSeconds();
    }

    public boolean isWhole() {
        return wrong.isEmpty();
    }

    public Json.Members json() {
        return Json.object()
                .with("type", RehearsalAttestation.TYPE)
                .with("plan", plan)
                .with("of", of.toString())
                .with("backup", backup)
                .with("practised_at", rehearsedAt.toString())
                .with("restored", isWhole())
                .withTexts("wrong", wrong)
                .with("took_seconds", tookSeconds())
                .withItems(
                        "steps",
                        steps.stream()
                                .map(step -> Json.object()
                                        .with("step", step.name())
                                        .with("result", step.result().word())
                                        .with("took_ms", step.took().toMillis())));
    }

    static Rehearsal read(Json.Members json) {
        try {
            Rehearsal read = new Rehearsal(
                    json.text("plan"),
                    Resource.parse(json.text("of")),
                    json.text("backup"),
                    Instant.parse(json.text("practised_at")),
                    json.objects("steps").stream()
                            .map(step -> new RehearsalStep(
                                    step.text("step"),
                                    StepResult.of(step.text("result")),
                                    Duration.ofMillis(step.whole("took_ms"))))
                            .toList(),
                    json.texts("wrong"));
            if (!read.json().canonicalText().equals(json.canonicalText())) {
                throw new MalformedException("a rehearsal does not match its format");
            }
            return read;
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedException("the rehearsal cannot be parsed: " + e.getMessage(), e);
        }
    }
}
