package dev.interlock.cli;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.evidence.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = "Backups that were taken apart from what they are of, restored for real, and counted.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Example:",
            "  interlock backup key",
            "  interlock backup take shop-db",
            "  interlock backup verify shop-db",
            "  interlock backup status",
            "  interlock backup attest attested.json"
        })
final class BackupCommand {

    private final Terminal terminal;

    BackupCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the command with its subcommands that are separate classes. */
    static CommandLine line(Terminal terminal) {
        return new CommandLine(new BackupCommand(terminal))
                .addSubcommand(new BackupRunCommand(terminal))
                .addSubcommand(new BackupStatusCommand(terminal));
    }

    @Command(
            name = "key",
            mixinStandardHelpOptions = true,
            description =
                    "Make the key that backups are encrypted with, where backups.yaml says. Keep a copy elsewhere:"
                            + " without it no backup is worth anything.",
            footer = {"", "Example:", "  interlock backup key"})
    int key(@Mixin Options own) throws IOException {
        Path key = backups(own).key();
        Encryption.newKey(key);
        say(
                own,
                Json.object().with("key", key.toString()),
                "Made " + key
                        + ". Copy it to where neither this machine's end nor the backups' reaches it: without it, no"
                        + " backup is worth anything.");
        return ExitCodes.OK;
    }

    @Command(
            name = "take",
            mixinStandardHelpOptions = true,
            description = {
                "Take a backup now, and remove those that the plan's rules let go. Nothing counts that is not whole.",
                "Exit code 1 if it lies on the device of what it is a copy of, 69 if it could not be taken, or was and",
                "`keep` could not be carried out: the next `take` does."
            },
            footer = {"", "Example:", "  interlock backup take shop-db", "  interlock backup take --due"})
    int take(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "Which one; all of them unless given.")
                    @Nullable String name,
            @Option(
                            names = "--due",
                            description =
                                    "Only where the youngest backup is older than `every`: for schedules, and to go on after an"
                                            + " interruption.")
                    boolean due,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupWork work = new BackupWork(terminal, own, backups);
        int worst = ExitCodes.OK;
        for (BackupPlanConfig plan : chosen(backups, name)) {
            try {
                if (!due || isDue(plan, work.encryption())) {
                    worst = Math.max(worst, work.take(plan, Optional.empty()));
                }
            } catch (IOException | RuntimeException e) {
                if (name != null || work.isInterrupted()) {
                    throw named(plan, e);
                }
                terminal.problem(plan.name() + ": " + e.getMessage()); // the other plans can still be run
                worst = ExitCodes.UNAVAILABLE;
            }
        }
        return worst;
    }

    private static boolean isDue(BackupPlanConfig plan, Encryption encryption) throws IOException {
        return BackupListing.of(plan, encryption).youngest().stream()
                .noneMatch(entry -> entry.takenAt().plus(plan.every()).isAfter(Instant.now()));
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = {
                "Restore a backup for real, into a server of its own without a network, compare what is there with what was"
                        + " counted when it was taken, and sign what came of it. A running gateway takes that down.",
                "Exit code 1 if anything is wrong with it, 69 if it could not be tried."
            },
            footer = {"", "Example:", "  interlock backup verify shop-db"})
    int verify(
            @Parameters(paramLabel = "PLAN", description = "Of which plan.") String name,
            @Parameters(paramLabel = "BACKUP", arity = "0..1", description = "Which one; the youngest unless given.")
                    @Nullable String id,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupPlanConfig plan = UsageException.unless(() -> backups.plan(name));
        try {
            return new BackupWork(terminal, own, backups).verify(plan, Optional.ofNullable(id), Optional.empty());
        } catch (IOException e) {
            throw named(plan, e);
        }
    }

    /**
     * Puts the plan's name before a message about a backup. For files and sockets, {@link Failures} has the message.
     */
    private static Exception named(BackupPlanConfig plan, Exception e) {
        return e instanceof IOException
                        && !(e instanceof FileSystemException
                                || e instanceof FileNotFoundException
                                || e instanceof SocketException)
                ? new IOException(plan.name() + ": " + e.getMessage(), e)
                : e;
    }

    @Command(
            name = "signed",
            mixinStandardHelpOptions = true,
            description =
                    "Print what was signed when a backup of a plan was tried last, for `interlock backup attest` on the"
                            + " gateway's machine.",
            footer = {"", "Example:", "  interlock backup signed shop-db | ssh gateway interlock backup attest"})
    int signed(
            @Parameters(paramLabel = "PLAN", description = "Of which plan.") String name,
            @Parameters(
                            paramLabel = "BACKUP",
                            arity = "0..1",
                            description = "Which one; the one that was tried last unless given.")
                    @Nullable String id,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupPlanConfig plan = UsageException.unless(() -> backups.plan(name));
        Encryption encryption = Encryption.of(backups.key());
        BackupAttestation found = BackupListing.of(plan, encryption)
                .lastTried(Optional.ofNullable(id))
                .orElseThrow(() -> new IOException(
                        "nothing was signed of " + (id == null ? "any backup of `" + name + "`" : "`" + id + "`")));
        String signature = BackupListing.signature(TargetCheck.once(), plan, encryption, found.id())
                .orElseThrow(() -> new IOException("no signature lies beside `" + found.id() + "`"));
        AttestationDocument word = new AttestationDocument(found.json(), signature.strip());
        terminal.json(own.json() ? word.json() : word.said());
        if (!own.json()) {
            terminal.line(word.signature());
        }
        return ExitCodes.OK;
    }

    @Command(
            name = "attest",
            mixinStandardHelpOptions = true,
            description = {
                "Tell this machine's gateway what came of trying a backup elsewhere. What it believes is the signature, and"
                        + " not who hands it in.",
                "What it knows already is left as it is.",
                "Exit code 69 if it could not write it down: then a restart forgets it, and it is to be handed in again."
            },
            footer = {
                "",
                "Example:",
                "  interlock backup attest /mnt/offsite/shop-db/20261121T034207Z-9f3c2a/attested.json",
                "  interlock backup signed shop-db | ssh gateway interlock backup attest"
            })
    int attest(
            @Parameters(
                            paramLabel = "FILE",
                            arity = "0..1",
                            description =
                                    "What was signed, with the signature beside it in FILE.sig; both from standard"
                                            + " input, one after the other, unless given.")
                    @Nullable Path file,
            @Mixin Options own)
            throws Exception {
        AttestationDocument word = AttestationDocument.read(file);
        Optional<BackupGateway.AcceptedAttestation> taken = BackupGateway.deliver(own.daemon(), word);
        Optional<String> receipt = taken.map(BackupGateway.AcceptedAttestation::receipt);
        String backup = word.said().text("plan") + "/" + word.said().text("backup");
        boolean isForgotten = taken.filter(one -> !one.isKept()).isPresent();
        Json.Members json = word.said().withOptional("receipt", receipt);
        say(
                own,
                isForgotten ? json.with("kept", false) : json,
                receipt.map(id -> backup + ": the gateway was told, receipt " + id)
                        .orElse(backup + ": the gateway knows this already, or something later"));
        if (isForgotten) {
            terminal.problem(backup + BackupGateway.UNKEPT + "hand it in again");
            return ExitCodes.UNAVAILABLE;
        }
        return ExitCodes.OK;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "The backups that there are, oldest first, and what came of trying them.",
                "Exit code 69 if a target could not be looked at; the others are shown."
            },
            footer = {"", "Example:", "  interlock backup list shop-db --json"})
    int list(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "Of which plan; of all unless given.")
                    @Nullable String name,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupTable table = new BackupTable(Encryption.of(backups.key()));
        chosen(backups, name).forEach(table::look);
        return table.print(terminal, own.json());
    }

    private static List<BackupPlanConfig> chosen(BackupConfig backups, @Nullable String name) {
        return name == null
                ? List.copyOf(backups.plans().values())
                : List.of(UsageException.unless(() -> backups.plan(name)));
    }

    private BackupConfig backups(Options own) throws IOException {
        BackupConfig backups = BackupConfig.beside(own.configFile());
        backups.unattested().ifPresent(terminal::problem);
        return backups;
    }

    private void say(Options own, Json.Members json, String words) {
        if (own.json()) {
            terminal.json(json);
        } else {
            words.lines().forEach(terminal::line);
        }
    }

    static String size(long bytes) {
        if (bytes < 10_000) {
            return bytes + " B";
        }
        return bytes < 10_000_000 ? bytes / 1000 + " kB" : bytes / 1_000_000 + " MB";
    }
}
