package dev.interlock.setup;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Performs the steps of a setup in their order, and undoes them in the opposite order. */
public final class SetupRun {

    private final SetupRecord record;

    public SetupRun(SetupRecord record) {
        this.record = record;
    }

    /** Performs {@code steps}. Each is recorded before it begins; if one fails, those before it stay. */
    public void perform(List<? extends SetupStep> steps, Consumer<SetupStep> begun) throws Exception {
        for (SetupStep step : steps) {
            begun.accept(step);
            record.begin(step.name(), step.intention());
            step.perform();
        }
        record.complete();
    }

    /**
     * Undoes what is recorded, the last step first. If one fails, it and those before it stay recorded.
     *
     * @param steps the kinds of steps that exist
     * @param done receives what each undone step says
     * @return whether anything was recorded
     */
    public boolean undo(List<? extends SetupStep> steps, Consumer<String> done) throws Exception {
        Map<String, SetupStep> byName = steps.stream().collect(Collectors.toMap(SetupStep::name, Function.identity()));
        List<SetupRecord.BegunStep> begun = record.begun();
        for (SetupRecord.BegunStep last : begun.reversed()) {
            SetupStep step = byName.get(last.name());
            if (step == null) {
                throw new IllegalStateException("the record names the step `" + last.name()
                        + "`, which this version does not know: undo it with the version that wrote it");
            }
            done.accept(step.undo(last.intention()));
            record.removeLast();
        }
        return !begun.isEmpty();
    }

    /** Returns the steps as a plan for programs. */
    public static Json plan(List<? extends SetupStep> steps) {
        return Json.object()
                .withItems(
                        "steps",
                        steps.stream()
                                .map(step -> Json.object()
                                        .with("name", step.name())
                                        .with("description", step.description())))
                .get("steps")
                .orElseThrow();
    }
}
