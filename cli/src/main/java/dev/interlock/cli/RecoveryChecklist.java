package dev.interlock.cli;

import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Runs a recovery step by step: each is printed, run and timed. Progress within a step may come from any thread. */
final class RecoveryChecklist {

    private final Terminal terminal;
    private final boolean quiet;
    private final List<Rehearsal.RehearsalStep> steps = new ArrayList<>();
    private String doing = "";
    private long begun;

    /** @param quiet whether a program reads the output */
    RecoveryChecklist(Terminal terminal, boolean quiet) {
        this.terminal = terminal;
        this.quiet = quiet;
    }

    @FunctionalInterface
    interface ChecklistAction<T> {
        T run(Progress progress) throws IOException;
    }

    /** Shows a step that a person does, and waits for their confirmation. Without a person it is skipped. */
    synchronized void person(String step) {
        begin(step);
        if (!terminal.isInteractive()) {
            end(Rehearsal.StepResult.SKIPPED);
            return;
        }
        boolean done = terminal.ask(
                        "  " + (steps.size() + 1) + ". " + step + " – type `done`, or anything else to skip it")
                .filter("done"::equals)
                .isPresent();
        end(done ? Rehearsal.StepResult.DONE : Rehearsal.StepResult.SKIPPED);
    }

    <T> T run(String first, Progress told, ChecklistAction<T> work, Predicate<T> good) throws IOException {
        begin(first);
        try {
            T result = work.run((now, bytes) -> {
                phase(now);
                told.at(now, bytes);
            });
            end(good.test(result) ? Rehearsal.StepResult.DONE : Rehearsal.StepResult.FAILED);
            return result;
        } catch (IOException | RuntimeException e) {
            end(Rehearsal.StepResult.FAILED);
            throw e;
        }
    }

    /** Starts a phase. A text such as {@code counting shop.orders (3 of 7)} belongs to the phase "counting". */
    private synchronized void phase(String now) {
        int space = now.indexOf(' ');
        String kind = space < 0 ? now : now.substring(0, space);
        if (!kind.equals(doing)) {
            end(Rehearsal.StepResult.DONE);
            begin(kind);
        }
    }

    private synchronized void begin(String step) {
        doing = step;
        begun = System.nanoTime();
    }

    private synchronized void end(Rehearsal.StepResult result) {
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        steps.add(new Rehearsal.RehearsalStep(doing, result, took));
        if (!quiet) {
            terminal.line("  " + mark(result) + " " + steps.size() + ". " + doing + "  " + seconds(took)
                    + (result == Rehearsal.StepResult.SKIPPED ? "  was skipped" : ""));
        }
    }

    private static String mark(Rehearsal.StepResult result) {
        return switch (result) {
            case DONE -> "✓";
            case SKIPPED -> "·";
            case FAILED -> "✗";
        };
    }

    private static String seconds(Duration took) {
        return took.toSeconds() < 10
                ? String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0)
                : CellFormat.age(took.toSeconds());
    }

    synchronized List<Rehearsal.RehearsalStep> steps() {
        return List.copyOf(steps);
    }
}
