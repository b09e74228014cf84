package dev.interlock.cli;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
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
        description = "Backups that are stored apart from their source, restored for real, and " + "compared.",
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
            description = "Create the key that encrypts backups, at the path in backups.yaml. Keep a "
                    + "copy elsewhere: without the key no backup can be restored.",
            footer = {"", "Example:", "  interlock backup key"})
    int key(@Mixin Options own) throws IOException {
        Path key = backups(own).key();
        Encryption.newKey(key);
        say(
                own,
                Json.object().with("key", key.toString()),
                "Made " + key
                        + ". Store a copy where it survives the loss of this machine and of "
                        + "the backups: without the key no backup can be restored.");
        return ExitCodes.OK;
    }

    @Command(
            name = "take",
            mixinStandardHelpOptions = true,
            description = {
                "Take a backup now, and remove those that the plan's `keep` rules allow to "
                        + "remove. An incomplete backup never counts.",
                "Exit code 1 if the backup is on the same device as its source, 69 if it could "
                        + "not be taken, or if",
                "`keep` could not be applied afterwards: the next `take` tries again."
            },
            footer = {"", "Example:", "  interlock backup take shop-db", "  interlock backup take --due"})
    int take(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "The plan; all plans unless given.")
                    @Nullable String name,
            @Option(
                            names = "--due",
                            description = "Only plans whose youngest backup is older than `every`: "
                                    + "for schedules, and to continue after an "
                                    + "interruption.")
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
                "Restore a backup for real, into a server of its own without a network. "
                        + "Compare the data with the counts from when it was taken, and sign "
                        + "the result. A running gateway records it.",
                "Exit code 1 if the backup is faulty, 69 if the restore test could not run."
            },
            footer = {"", "Example:", "  interlock backup verify shop-db"})
    int verify(
            @Parameters(paramLabel = "PLAN", description = "The plan.") String name,
            @Parameters(paramLabel = "BACKUP", arity = "0..1", description = "The backup; the youngest unless given.")
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
            description = "Print the attestation of a plan's latest restore test, for `interlock "
                    + "backup attest` on the gateway's machine.",
            footer = {"", "Example:", "  interlock backup signed shop-db | ssh gateway interlock backup attest"})
    int signed(
            @Parameters(paramLabel = "PLAN", description = "The plan.") String name,
            @Parameters(
                            paramLabel = "BACKUP",
                            arity = "0..1",
                            description = "The backup; the one that was tested last unless given.")
                    @Nullable String id,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupPlanConfig plan = UsageException.unless(() -> backups.plan(name));
        Encryption encryption = Encryption.of(backups.key());
        BackupAttestation found = BackupListing.of(plan, encryption)
                .lastTried(Optional.ofNullable(id))
                .orElseThrow(() -> new IOException("there is no attestation for "
                        + (id == null ? "any backup of `" + name + "`" : "`" + id + "`")));
        String signature = BackupListing.signature(TargetCheck.once(), plan, encryption, found.id())
                .orElseThrow(() -> new IOException("there is no signature beside `" + found.id() + "`"));
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
                "Hand this machine's gateway the attestation of a restore test that ran "
                        + "elsewhere. The gateway checks the signature, so anybody may hand it in.",
                "It ignores an attestation that it knows already.",
                "Exit code 69 if the gateway could not save it: a restart would lose it, so " + "hand it in again."
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
                            description = "The attestation, with its signature beside it in "
                                    + "FILE.sig; unless given, both are read from "
                                    + "standard input, one after the other.")
                    @Nullable Path file,
            @Mixin Options own)
            throws Exception {
        AttestationDocument word = AttestationDocument.read(file);
        Optional<BackupGateway.AcceptedAttestation> taken = BackupGateway.deliver(own.daemon(), word);
        Optional<String> receipt = taken.map(BackupGateway.AcceptedAttestation::receipt);
        String backup = word.said().text("plan") + "/" + word.said().text("backup");
        boolean isForgotten = taken.filter(one -> !one.isStored()).isPresent();
        Json.Members json = word.said().withOptional("receipt", receipt);
        say(
                own,
                isForgotten ? json.with("kept", false) : json,
                receipt.map(id -> backup + ": the gateway recorded it, receipt " + id)
                        .orElse(backup + ": the gateway already has this attestation or a " + "later one"));
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
                "List the backups, oldest first, with the results of their restore tests.",
                "Exit code 69 if a target could not be checked; the others are shown."
            },
            footer = {"", "Example:", "  interlock backup list shop-db --json"})
    int list(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "The plan; all plans unless given.")
                    @Nullable String name,
            @Mixin Options own)
            throws Exception {
        BackupConfig backups = backups(own);
        BackupTable table = new BackupTable(Encryption.of(backups.key()));
        chosen(backups, name).forEach(table::check);
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
