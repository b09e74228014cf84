package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command {@code setup --undo}.
 *
 * @param json whether a program reads the answer
 */
record SetupUndo(Terminal terminal, SetupRun run, boolean json) {

    /**
     * Undoes {@code steps}, or tells what that would do.
     *
     * @param directory of gateway.yaml; it goes if it is empty
     * @param plan only to tell it
     * @param yes not to ask
     */
    int call(List<SetupStep> steps, Path directory, boolean plan, boolean yes) throws Exception {
        SetupRun.UndoPlan expected = run.undoPlan(steps);
        if (plan) {
            show(expected);
            return ExitCodes.OK;
        }
        if (!expected.changes().isEmpty() && !yes && !json && terminal.isInteractive()) {
            show(expected);
            if (!terminal.agrees("Undo all of it?")) {
                terminal.problem("nothing was changed");
                return ExitCodes.NO;
            }
        }
        List<String> said = new ArrayList<>();
        boolean any = run.undo(steps, json ? said::add : line -> terminal.line("✓ " + line));
        SetupSteps.removeIfEmpty(directory);
        if (json) {
            terminal.json(Json.object().withTexts("undone", said).withTexts("left", expected.left()));
        } else if (any) {
            terminal.line("What setup changed is as it was before."
                    + (expected.left().isEmpty() ? "" : " Still there, with the command that removes it:"));
            expected.left().forEach(left -> terminal.line("  - " + left));
        } else {
            terminal.line("There is no setup to undo.");
        }
        return ExitCodes.OK;
    }

    private void show(SetupRun.UndoPlan expected) {
        if (json) {
            terminal.json(Json.object()
                    .with(
                            "plan",
                            Json.object().withTexts("undo", expected.changes()).withTexts("left", expected.left())));
        } else if (expected.changes().isEmpty()) {
            terminal.line("There is no setup to undo.");
        } else {
            terminal.line("`interlock setup --undo` will:");
            expected.changes().forEach(change -> terminal.line("  - " + change));
            if (!expected.left().isEmpty()) {
                terminal.line("Still there afterwards, with the command that removes it:");
                expected.left().forEach(left -> terminal.line("  - " + left));
            }
        }
    }
}
