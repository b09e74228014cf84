package dev.interlock.setup;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Performs the steps of a setup in their order, and undoes them in the opposite order. */
public record SetupRun(SetupRecord record) {

    /** Records each step before it begins, and what was {@code asked} for at the end. Failed steps stay recorded. */
    public void perform(List<? extends SetupStep> steps, Json.Members asked, Consumer<SetupStep> begun)
            throws Exception {
        for (SetupStep step : steps) {
            begun.accept(step);
            record.begin(step.name(), step.intention());
            step.perform();
        }
        record.complete(asked);
    }

    /** The last step first; false if there was none. If one fails, it and those before it stay recorded. */
    public boolean undo(List<? extends SetupStep> steps, Consumer<String> done) throws Exception {
        List<SetupRecord.BegunStep> begun = record.begun();
        for (SetupRecord.BegunStep last : begun.reversed()) {
            done.accept(known(last, steps).undo(last.intention()));
            record.removeLast();
        }
        return !begun.isEmpty();
    }

    /** A sentence for each step, the last first; and what stays, with the command that removes it. */
    public record UndoPlan(List<String> changes, List<String> left) {
        public UndoPlan {
            changes = List.copyOf(changes);
            left = List.copyOf(left);
        }
    }

    /** Returns what {@link #undo} would do; nothing is changed. */
    public UndoPlan undoPlan(List<? extends SetupStep> steps) throws Exception {
        List<String> changes = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (SetupRecord.BegunStep last : record.begun().reversed()) {
            SetupStep step = known(last, steps);
            changes.add(step.undoing(last.intention()));
            left.addAll(step.left(last.intention()));
        }
        return new UndoPlan(changes, left);
    }

    private static SetupStep known(SetupRecord.BegunStep begun, List<? extends SetupStep> steps) {
        return steps.stream()
                .filter(step -> step.name().equals(begun.name()))
                .findFirst()
                .map(SetupStep.class::cast)
                .orElseThrow(() -> new IllegalStateException("the record names the step `" + begun.name()
                        + "`, which this version does not know: undo it with the version that wrote it"));
    }

    public static Json plan(List<? extends SetupStep> steps) {
        return new Json.Array(steps.stream()
                .<Json>map(step -> Json.object().with("name", step.name()).with("description", step.description()))
                .toList());
    }
}
