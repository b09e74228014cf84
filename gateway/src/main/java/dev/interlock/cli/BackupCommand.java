package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.action.Plain;
import dev.interlock.admin.AdminClient;
import dev.interlock.backup.Attested;
import dev.interlock.backup.Encryption;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Taking;
import dev.interlock.backup.Verification;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
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
            "  interlock backup status"
        })
final class BackupCommand {

    private final Terminal terminal;
    private final SecureRandom random = new SecureRandom();

    BackupCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** With those that are classes of their own. */
    static CommandLine line(Terminal terminal) {
        return new CommandLine(new BackupCommand(terminal)).addSubcommand(new BackupStatusCommand(terminal));
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
        return Exit.OK;
    }

    @Command(
            name = "take",
            mixinStandardHelpOptions = true,
            description = {
                "Take a backup now, and remove those that the plan's rules let go. Nothing counts that is not whole.",
                "Exit code 1 if it lies on the device of what it is a copy of, 69 if it could not be taken."
            },
            footer = {"", "Example:", "  interlock backup take shop-db", "  interlock backup take --due"})
    int take(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "Which one; all of them unless given.")
                    @Nullable String name,
            @Option(
                            names = "--due",
                            description = "Only where the youngest backup is older than `every`; for schedules.")
                    boolean due,
            @Mixin Options own)
            throws Exception {
        Backups backups = backups(own);
        Encryption encryption = Encryption.of(backups.key());
        int worst = Exit.OK;
        for (Plan plan : chosen(backups, name)) {
            if (due && !isDue(plan, encryption)) {
                continue;
            }
            try (BackupJob job = new BackupJob()) {
                Taking taking =
                        new Taking(plan, encryption, backups.scratch(), job.children(), Clock.systemUTC(), random);
                Taking.Taken taken = taking.take(BackupJob.progress(terminal, plan.name()));
                List<String> pruned = taking.prune();
                say(own, json(plan, taken, pruned), words(plan, taken, pruned));
                worst = Math.max(worst, taken.sameDevice() ? Exit.NO : Exit.OK);
            }
        }
        return worst;
    }

    private static boolean isDue(Plan plan, Encryption encryption) throws IOException {
        return Listing.of(plan, encryption).youngest().stream()
                .noneMatch(entry -> entry.takenAt().plus(plan.every()).isAfter(Instant.now()));
    }

    private static Json.Members json(Plan plan, Taking.Taken taken, List<String> pruned) {
        return Json.object()
                .with("plan", plan.name())
                .with("backup", taken.id())
                .with("taken_at", taken.takenAt().toString())
                .with("bytes", taken.bytes())
                .with("tables", taken.tables())
                .with("rows", taken.rows())
                .with("same_device", taken.sameDevice())
                .withTexts("removed", pruned);
    }

    private static String words(Plan plan, Taking.Taken taken, List<String> pruned) {
        return (taken.sameDevice() ? "✗ " : "✓ ") + plan.name() + "  " + taken.id() + "  "
                + Rendering.number(taken.rows(), "row") + " of " + Rendering.number(taken.tables(), "table") + ", "
                + size(taken.bytes())
                + (pruned.isEmpty() ? "" : "; removed: " + String.join(", ", pruned))
                + (taken.sameDevice()
                        ? "\n    it lies on the same device as what it is a copy of: what takes the one takes the other"
                        : "\n    not worth anything yet: interlock backup verify " + plan.name());
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
        Backups backups = backups(own);
        Plan plan = UsageException.unless(() -> backups.plan(name));
        Encryption encryption = Encryption.of(backups.key());
        try (BackupJob job = new BackupJob()) {
            Verification verification = new Verification(
                    plan, encryption, backups.scratch(), backups.user(), job.children(), Clock.systemUTC(), random);
            String which = id == null ? verification.youngest() : id;
            Attested found = verification.verify(which, BackupJob.progress(terminal, plan.name()));
            Optional<String> signature = sign(backups, found);
            if (signature.isPresent()) {
                verification.note(found, signature.get());
            }
            Optional<String> receipt = signature.isPresent() ? attest(own, found, signature.get()) : Optional.empty();
            report(own, found, signature.isPresent(), receipt);
            return found.restored() ? Exit.OK : Exit.NO;
        }
    }

    private Optional<String> sign(Backups backups, Attested found) throws IOException {
        if (backups.attestKey().isEmpty()) {
            terminal.problem("backups.yaml names no `attest-key`: nobody but you knows of this");
            return Optional.empty();
        }
        return Optional.of(SshKeygen.sign(
                backups.attestKey().get(), Attested.NAMESPACE, found.json().canonical()));
    }

    /** A gateway that is not there now is told by the next one, or by hand; what was found is true all the same. */
    private Optional<String> attest(Options own, Attested found, String signature) {
        try {
            return Optional.of(AdminClient.at(own.config().adminSocket())
                    .call(
                            "backup.attest",
                            Json.object().with("attestation", found.json()).with("signature", signature))
                    .text("receipt"));
        } catch (Exception e) {
            terminal.problem("the gateway was not told: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void report(Options own, Attested found, boolean signed, Optional<String> receipt) {
        if (own.json()) {
            terminal.json(found.json().with("signed", signed).withOptional("receipt", receipt));
            return;
        }
        terminal.line((found.restored() ? "✓ " : "✗ ") + found.json().text("plan") + "  " + found.id() + "  "
                + (found.restored()
                        ? "restored whole: " + Rendering.number(found.json().whole("rows"), "row") + " of "
                                + Rendering.number(found.json().whole("tables"), "table") + ", in "
                                + found.json().whole("took_seconds") + " s"
                        : "is worth nothing:"));
        found.wrong().forEach(why -> terminal.line("    " + Plain.line(why)));
        receipt.ifPresent(id -> terminal.line("    receipt " + id));
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "The backups that there are, oldest first, and what came of trying them.",
            footer = {"", "Example:", "  interlock backup list shop-db --json"})
    int list(
            @Parameters(paramLabel = "PLAN", arity = "0..1", description = "Of which plan; of all unless given.")
                    @Nullable String name,
            @Mixin Options own)
            throws Exception {
        Backups backups = backups(own);
        Encryption encryption = Encryption.of(backups.key());
        List<Json> all = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        for (Plan plan : chosen(backups, name)) {
            for (Listing.Entry entry : Listing.of(plan, encryption).entries()) {
                all.add(entry.json().with("plan", plan.name()));
                rows.add(List.of(
                        plan.name(), entry.id(), entry.takenAt().toString(), size(entry.bytes()), tried(entry)));
            }
        }
        if (own.json()) {
            terminal.json(Json.object().with("backups", new Json.Array(all)));
        } else {
            terminal.table(List.of("PLAN", "BACKUP", "TAKEN", "SIZE", "TRIED"), rows);
        }
        return Exit.OK;
    }

    private static String tried(Listing.Entry entry) {
        return entry.attested()
                .map(found -> (found.restored() ? "restored " : "WORTH NOTHING ")
                        + found.json().text("tried_at"))
                .orElse(entry.trouble().orElse("never"));
    }

    private static List<Plan> chosen(Backups backups, @Nullable String name) {
        return name == null
                ? List.copyOf(backups.plans().values())
                : List.of(UsageException.unless(() -> backups.plan(name)));
    }

    private static Backups backups(Options own) throws IOException {
        return Backups.beside(own.configFile());
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
