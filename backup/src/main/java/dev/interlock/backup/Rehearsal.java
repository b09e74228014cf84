package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Practised;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * A recovery that somebody practised, step by step ({@code docs/formats/backup.md}). Whoever signs it did it: it names
 * nobody.
 *
 * @param plan as the seal names it
 * @param of what was brought back
 * @param backup from which
 * @param practisedAt when it was over
 * @param steps in their order
 * @param wrong what was wrong in the end; empty if everything was there again
 */
public record Rehearsal(
        String plan, Resource of, String backup, Instant practisedAt, List<Step> steps, List<String> wrong) {

    /** The SSHSIG namespace in which these, and nothing else, are signed. */
    public static final String NAMESPACE = Practised.NAMESPACE;

    /** More is no checklist that people go through. */
    private static final int MAX_STEPS = 64;

    /** How a step ended. */
    public enum Result {
        DONE,
        /** Nobody was there to do it. */
        SKIPPED,
        FAILED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Result of(String word) {
            for (Result result : values()) {
                if (result.word().equals(word)) {
                    return result;
                }
            }
            throw new MalformedException("a step is `done`, `skipped` or `failed`");
        }
    }

    /** One step of it; a record has milliseconds, and all that is reckoned of it must follow from those. */
    public record Step(String name, Result result, Duration took) {

        public Step {
            took = took.truncatedTo(ChronoUnit.MILLIS);
        }
    }

    /** @throws IllegalArgumentException if it is no recovery */
    public Rehearsal {
        steps = List.copyOf(steps);
        wrong = List.copyOf(wrong);
        if (steps.isEmpty() || steps.size() > MAX_STEPS) {
            throw new IllegalArgumentException("a rehearsal has from 1 to " + MAX_STEPS + " steps");
        }
        if (wrong.isEmpty() && steps.stream().anyMatch(step -> step.result() == Result.FAILED)) {
            throw new IllegalArgumentException("a step failed, and nothing is said to be wrong");
        }
        if (steps.stream().anyMatch(step -> step.took().isNegative())) {
            throw new IllegalArgumentException("a step takes no less than no time");
        }
    }

    /** From the first step to the last, in whole seconds, rounded up. */
    public long tookSeconds() {
        Duration all = steps.stream().map(Step::took).reduce(Duration.ZERO, Duration::plus);
        return all.plusMillis(999).toSeconds();
    }

    /** Whether everything was there again. */
    public boolean isWhole() {
        return wrong.isEmpty();
    }

    /** As it is signed. */
    public Json.Members json() {
        return Json.object()
                .with("type", Practised.TYPE)
                .with("plan", plan)
                .with("of", of.toString())
                .with("backup", backup)
                .with("practised_at", practisedAt.toString())
                .with("restored", isWhole())
                .withTexts("wrong", wrong)
                .with("took_seconds", tookSeconds())
                .with(
                        "steps",
                        new Json.Array(steps.stream()
                                .<Json>map(step -> Json.object()
                                        .with("step", step.name())
                                        .with("result", step.result().word())
                                        .with("took_ms", step.took().toMillis()))
                                .toList()));
    }

    /** @throws MalformedException if it is not what {@link #json} writes */
    static Rehearsal read(Json.Members json) {
        try {
            Rehearsal read = new Rehearsal(
                    json.text("plan"),
                    Resource.parse(json.text("of")),
                    json.text("backup"),
                    Instant.parse(json.text("practised_at")),
                    json.objects("steps").stream()
                            .map(step -> new Step(
                                    step.text("step"),
                                    Result.of(step.text("result")),
                                    Duration.ofMillis(step.whole("took_ms"))))
                            .toList(),
                    json.texts("wrong"));
            if (!read.json().canonicalText().equals(json.canonicalText())) {
                throw new MalformedException("a rehearsal says something else than its format");
            }
            return read;
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedException("the rehearsal is not understood: " + e.getMessage(), e);
        }
    }
}
