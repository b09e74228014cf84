package dev.interlock.cli;

import dev.interlock.adminapi.StopQuestion;
import dev.interlock.limits.Freezes;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "freeze",
        description =
                "Freezes: resources that were or may have been destroyed, read-only until people lift the freeze.",
        footer = {"  interlock freeze list", "  interlock freeze lift F-01JD… --key ~/.ssh/id_ed25519_sk"})
final class FreezeCommand extends TerminalCommand {

    private static final SigningDialogue<StopQuestion.LiftedFreeze> LIFTING =
            new SigningDialogue<>(StopQuestion.LiftFreeze::new, Freezes.NAMESPACE, "LIFTING OF A FREEZE");

    @Command(
            name = "list",
            description = "List what is read-only, since when, and which attempt destroyed it.",
            footer = "  interlock freeze list --json")
    int list(@Mixin Options own) throws Exception {
        StopQuestion.Freezes result = own.daemon().ask(new StopQuestion.ListFreezes());
        return terminal.answer(
                own,
                result,
                List.of("FREEZE", "SINCE", "AGENT", "INTENT", "RESOURCES"),
                result.freezes().stream()
                        .map(freeze -> List.of(
                                freeze.freeze(),
                                CellFormat.time(freeze.since()),
                                freeze.agent(),
                                freeze.intent(),
                                String.join(" ", freeze.resources())))
                        .toList());
    }

    @Command(
            name = "lift",
            description = "Allow writes again. Only a person of `owners` can.",
            footer = "  interlock freeze lift F-01JD… --key ~/.ssh/id_ed25519_sk")
    int lift(
            @Parameters(paramLabel = "FREEZE") String freeze,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Mixin Options own)
            throws Exception {
        StopQuestion.LiftedFreeze result =
                LIFTING.by(key, new StopQuestion.PrepareFreezeLift(freeze), own.daemon(), terminal);
        return terminal.answer(own, result, freeze + " is lifted by " + result.person() + ".");
    }
}
