package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.limits.Freezes;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "freeze",
        mixinStandardHelpOptions = true,
        description =
                "Freezes: resources that were or may have been destroyed, read-only " + "until people lift the freeze.",
        footer = {
            "",
            "Example:",
            "  interlock freeze list",
            "  interlock freeze lift F-01JD… --key ~/.ssh/id_ed25519_sk"
        })
final class FreezeCommand {

    private static final SigningDialogue LIFTING =
            new SigningDialogue("freeze.prepare", "freeze.lift", Freezes.NAMESPACE, "LIFTING OF A FREEZE");

    private final Terminal terminal;

    FreezeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List what is read-only, since when, and which attempt destroyed it.",
            footer = {"", "Example:", "  interlock freeze list --json"})
    int list(@Mixin Options own) throws Exception {
        Json.Members result = own.daemon().call("freeze.list", Json.object());
        return terminal.answer(
                own,
                result,
                List.of("FREEZE", "SINCE", "AGENT", "INTENT", "RESOURCES"),
                result.objects("freezes").stream()
                        .map(freeze -> List.of(
                                freeze.text("freeze"),
                                freeze.text("since"),
                                freeze.text("agent"),
                                freeze.text("intent"),
                                String.join(" ", freeze.texts("resources"))))
                        .toList());
    }

    @Command(
            name = "lift",
            mixinStandardHelpOptions = true,
            description = "Allow writes again. Only a person of `owners` can.",
            footer = {"", "Example:", "  interlock freeze lift F-01JD… --key ~/.ssh/id_ed25519_sk"})
    int lift(
            @Parameters(paramLabel = "FREEZE") String freeze,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        Json.Members result = LIFTING.by(key, Json.object().with("freeze", freeze), daemon, terminal);
        return terminal.answer(own, result, freeze + " is lifted by " + result.text("person") + ".");
    }
}
