package dev.interlock.cli;

import dev.interlock.adminapi.StopQuestion;
import dev.interlock.identity.ClockCorrection;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "clock",
        description = "Confirm the gateway's clock after it was wrong.",
        footer = "  interlock clock accept --key ~/.ssh/id_ed25519_sk")
final class ClockCommand extends TerminalCommand {

    private static final SigningDialogue<StopQuestion.AcceptedClock> ACCEPTING =
            new SigningDialogue<>(StopQuestion.AcceptClock::new, ClockCorrection.NAMESPACE, "THE CLOCK IS RIGHT");

    @Command(
            name = "accept",
            description =
                    "Confirm that the gateway's clock is right now, although it showed a later time before. Calls and confirmations are then possible again. Leases that were issued by the later time end, and holds that were opened or signed by it are void. Only a person of `owners` can.",
            footer = "  interlock clock accept --key ~/.ssh/id_ed25519_sk")
    int accept(
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Mixin Options own)
            throws Exception {
        StopQuestion.AcceptedClock result = ACCEPTING.by(key, new StopQuestion.PrepareClock(), own.daemon(), terminal);
        return terminal.answer(
                own,
                result,
                result.person() + " has confirmed the clock, which shows " + result.clock() + "."
                        + ended("Leases ended: ", result.leases())
                        + ended("Holds void: ", result.holds()));
    }

    private static String ended(String what, List<String> names) {
        return names.isEmpty() ? "" : " " + what + String.join(", ", names) + ".";
    }
}
