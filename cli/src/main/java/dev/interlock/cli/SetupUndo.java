package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

record SetupUndo(Terminal terminal, SetupRun run, boolean json) {

    private static final String NOTHING = "There is no setup to undo.";

    /** Undoes {@code steps}, and removes {@code directory} if it is empty then; or tells what that would do. */
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
        Json.Members done = Json.object().withTexts("undone", said).withTexts("left", expected.left());
        return terminal.answer(json, done, () -> {
            terminal.line(any ? "What setup changed is as it was before." : NOTHING);
            showLeft("Still there, with the command that removes it:", expected);
        });
    }

    private void show(SetupRun.UndoPlan expected) {
        Json.Members plan = Json.object().withTexts("undo", expected.changes()).withTexts("left", expected.left());
        terminal.answer(json, Json.object().with("plan", plan), () -> {
            terminal.line(expected.changes().isEmpty() ? NOTHING : "`interlock setup --undo` will:");
            expected.changes().forEach(change -> terminal.line("  - " + change));
            showLeft("Still there afterwards, with the command that removes it:", expected);
        });
    }

    private void showLeft(String heading, SetupRun.UndoPlan expected) {
        if (!expected.left().isEmpty()) {
            terminal.line(heading);
            expected.left().forEach(left -> terminal.line("  - " + left));
        }
    }
}
