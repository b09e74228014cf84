package dev.interlock.cli;

import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.ShellWords;
import dev.interlock.program.ExitCodes;
import dev.interlock.recovery.EncryptedKit;
import dev.interlock.recovery.Recovery;
import dev.interlock.recovery.RecoveryCode;
import dev.interlock.recovery.RecoveryKit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "recovery-kit",
        description = {
            "Everything that could not be recreated after the loss of this machine, encrypted, as printable text.",
            "The code that decrypts it is shown once. Keep the kit and the code separately, and away from this machine."
        },
        footer = {
            "  sudo interlock recovery-kit make --out kit.txt",
            "  sudo interlock recovery-kit verify kit.txt",
            "  sudo interlock recovery-kit restore kit.txt --replica /mnt/elsewhere/interlock"
        })
final class RecoveryKitCommand extends TerminalCommand {

    @Command(
            name = "make",
            description = "Create a kit, test it, and show its code.",
            footer = "  sudo interlock recovery-kit make --out kit.txt")
    int make(
            @Option(names = "--out", paramLabel = "FILE", required = true, description = "A new file.") Path out,
            @Option(
                            names = "--code-file",
                            paramLabel = "FILE",
                            description =
                                    "Write the code to this new file, readable only by its owner, and do not show it.")
                    @Nullable Path codeFile,
            @Mixin Options own)
            throws Exception {
        Config config = own.config();
        SecureRandom random = new SecureRandom();
        RecoveryCode code = RecoveryCode.fresh(random);
        RecoveryKit kit = Recovery.gather(config, own.configFile(), standing(config));
        String text = EncryptedKit.seal(kit, code, random);
        // Tests the written kit with the written code, before anybody relies on it.
        Recovery.KitTestResult tried = Recovery.attempt(EncryptedKit.open(text, code));
        String groups = code.groups().use(characters -> characters);
        create(out, text);
        if (codeFile != null) {
            create(codeFile, groups + "\n");
        }
        terminal.answer(own, told(kit, tried), () -> report(kit, tried));
        if (codeFile == null) {
            terminal.aside(
                    "\nThe code that decrypts it, shown only now. Write it down, and keep it apart from the kit:");
            terminal.aside("    " + groups);
        }
        return ExitCodes.OK;
    }

    /** The store of a lost machine is lost too. Empty if no daemon answers. */
    private static List<String> standing(Config config) {
        try {
            StatusQuestion.Status status = AdminClient.at(config.adminSocket()).ask(new StatusQuestion.AskStatus());
            List<String> standing = new ArrayList<>(status.kills());
            standing.addAll(status.freezes());
            return standing;
        } catch (IOException | dev.interlock.adminclient.AdminRefusedException _) {
            return List.of();
        }
    }

    private static void create(Path file, String text) throws IOException {
        PrivateFiles.file(file);
        Files.writeString(file, text, StandardOpenOption.WRITE);
    }

    @Command(
            name = "verify",
            description =
                    "Restore the kit into a temporary directory, open everything as a gateway would, and remove the directory.",
            footer = "  sudo interlock recovery-kit verify kit.txt")
    int verify(
            @Parameters(paramLabel = "KIT") Path file,
            @Option(
                            names = "--code-file",
                            paramLabel = "FILE",
                            description = "The file that holds its code; asked for unless given.")
                    @Nullable Path codeFile,
            @Option(names = "--json", description = "Print one JSON value instead of text.") boolean json)
            throws Exception {
        RecoveryKit kit = open(file, codeFile);
        Recovery.KitTestResult tried = Recovery.attempt(kit);
        return terminal.answer(json, told(kit, tried), () -> report(kit, tried));
    }

    @Command(
            name = "restore",
            description = {
                "Restore the kit on a new machine, with the ledger from its replica.",
                "Afterwards a seal signer must seal the policy again before the gateway permits anything."
            },
            footer = "  sudo interlock recovery-kit restore kit.txt --replica /mnt/elsewhere/interlock")
    int restore(
            @Parameters(paramLabel = "KIT") Path file,
            @Option(
                            names = "--code-file",
                            paramLabel = "FILE",
                            description = "The file that holds its code; asked for unless given.")
                    @Nullable Path codeFile,
            @Option(
                            names = "--replica",
                            paramLabel = "DIR",
                            required = true,
                            description =
                                    "The copy of the ledger. A log cannot continue under its name without its past.")
                    Path replica,
            @Option(
                            names = "--config",
                            paramLabel = "FILE",
                            defaultValue = "/etc/interlock/gateway.yaml",
                            description = "The path for gateway.yaml; ${DEFAULT-VALUE} unless given.")
                    Path config)
            throws Exception {
        RecoveryKit kit = open(file, codeFile);
        var _ = Recovery.attempt(kit);
        Recovery.RestoredKit restored = Recovery.restore(kit, config, replica);
        terminal.line("Restored " + restored.files() + " files and a log of " + restored.receipts()
                + " receipts, as of " + kit.madeAt() + ".");
        kit.standing()
                .forEach(stood -> terminal.problem("existed then, and stands again once the gateway starts: " + stood));
        terminal.line(
                "Leases, holds and passkeys were lost with the machine. Kills and freezes are restored from the log. Next:");
        terminal.line("  sudo chown -hR interlock " + restored.config().data() + ", or to another user of the gateway");
        // Not earlier: the next sequence number is in the log, which the running gateway reads.
        terminal.line("  interlock up, which refuses everything, until");
        terminal.line("  interlock seal --config " + ShellWords.quoted(config) + " --key KEY");
        terminal.line("  then compare `interlock kill --list` and `interlock freeze list`, and enrol passkeys again");
        return ExitCodes.OK;
    }

    private RecoveryKit open(Path file, @Nullable Path codeFile) throws IOException {
        String written = codeFile != null
                ? Files.readString(codeFile)
                : terminal.askHidden("The code of the kit, not shown")
                        .map(String::new)
                        .orElseThrow(() -> new UsageException("`--code-file` is needed without a terminal"));
        return EncryptedKit.open(Files.readString(file, StandardCharsets.US_ASCII), RecoveryCode.parse(written));
    }

    private static Json.Members told(RecoveryKit kit, Recovery.KitTestResult tried) {
        return Json.object()
                .with("origin", kit.origin())
                .with("made_at", kit.madeAt().toString())
                .with("receipts", kit.receipts())
                .with("seal_sequence", tried.seal())
                .with("seal_expires", tried.expires().toString())
                .withTexts("credentials", tried.credentials())
                .withTexts("people", tried.people())
                .withTexts("standing", kit.standing())
                .with("files", kit.files().size());
    }

    private void report(RecoveryKit kit, Recovery.KitTestResult tried) {
        terminal.line("A kit of " + kit.origin() + ", made " + kit.madeAt() + ", tested: everything in it opens.");
        terminal.line("  log          its key, when it had " + kit.receipts()
                + " receipts; the log itself is only in its replica");
        terminal.line("  seal         " + tried.seal() + ", until " + CellFormat.time(tried.expires()));
        terminal.line("  people       " + String.join(", ", tried.people()));
        terminal.line(
                "  credentials  " + (tried.credentials().isEmpty() ? "none" : String.join(", ", tried.credentials())));
        kit.standing().forEach(stood -> terminal.line("  exists, but is not in the kit: " + stood));
    }
}
