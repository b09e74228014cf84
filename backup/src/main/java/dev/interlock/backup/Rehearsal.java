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
 * A recovery that somebody rehearsed, step by step ({@code docs/formats/backup.md}). It names no person: its signer is
 * the one who did it.
 *
 * @param plan the plan's name in the seal
 * @param of the restored resource
 * @param backup the backup that was used
 * @param rehearsedAt the time at which it ended
 * @param steps the steps, in order
 * @param wrong the remaining faults; empty if everything was restored
 */
public record Rehearsal(
        String plan, Resource of, String backup, Instant rehearsedAt, List<RehearsalStep> steps, List<String> wrong) {

    /** The SSHSIG namespace for these statements and nothing else. */
    public static final String NAMESPACE = RehearsalAttestation.NAMESPACE;

    /** Maximum of steps. Nobody works through a longer checklist. */
    private static final int MAX_STEPS = 64;

    /** The result of a step. */
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

    /**
     * One step. The duration is truncated to milliseconds, as in the signed record, because totals must be computed
     * from the same values.
     */
    public record RehearsalStep(String name, StepResult result, Duration took) {

        public RehearsalStep {
            took = took.truncatedTo(ChronoUnit.MILLIS);
        }
    }

    /** @throws IllegalArgumentException if it is not a valid rehearsal */
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

    /** Returns whether everything was restored. */
    public boolean isWhole() {
        return wrong.isEmpty();
    }

    /** Returns the JSON that is signed. */
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

    /** @throws MalformedException if {@link #json} did not write it */
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
