package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRestore;
import dev.interlock.backup.Rehearsal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.backup.RestoreChoice;
import dev.interlock.backup.RestoreTest;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "recover",
        mixinStandardHelpOptions = true,
        description = {
            "Restore the data of a plan of backups.yaml, step by step, each timed.",
            "With --rehearse it restores into a temporary server of its own, which is removed "
                    + "again. A person signs the rehearsal, and `interlock backup status` "
                    + "shows it: with an SSH key (--key), or afterwards by passkey, on the "
                    + "console's backups page.",
            "With --into it restores for real: into an existing empty PostgreSQL database of "
                    + "the backup's version or a newer one, or to a path that does not exist. "
                    + "The target stays as it was until everything has been restored and "
                    + "compared: if this is interrupted, run it again.",
            "Exit code 1 if something differs or could not be compared, 69 if the restore " + "could not run."
        },
        footer = {
            "",
            "Example:",
            "  interlock recover shop-db --rehearse --key ~/.ssh/id_ed25519_sk",
            "  interlock recover shop-db --into postgresql://admin@db2.example.com/shop --password-file admin.password",
            "  interlock recover uploads --into /srv/shop/uploads"
        })
final class RecoverCommand implements Callable<Integer> {

    private static final int MAX_MISSED = 5;

    private final Terminal terminal;
    private final Clock clock = Clock.systemUTC();

    @Parameters(paramLabel = "PLAN", index = "0", description = "Which one.")
    private String plan = "";

    @Parameters(
            paramLabel = "BACKUP",
            index = "1",
            arity = "0..1",
            description = "The backup to restore. Unless given, the youngest one that passed a "
                    + "restore test, or the youngest of all if none did.")
    private @Nullable String backup;

    @Option(names = "--rehearse", description = "Rehearse in a temporary server, and change " + "nothing.")
    private boolean rehearse;

    @Option(
            names = "--into",
            paramLabel = "WHERE",
            description = "An empty database, as postgresql://USER@HOST:PORT/DATABASE; a "
                    + "directory with a socket as ?host=DIRECTORY. For a file or a directory, "
                    + "a path that does not exist.")
    private @Nullable String into;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "The file with its password; only its owner may have access to the file.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--make-roles",
            description = "Create the roles that the backup names and the server lacks, " + "without passwords.")
    private boolean makeRoles;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "The SSH key of a person of the seal, who signs the rehearsal. "
                    + "Without it the rehearsal waits for a passkey at the console.")
    private @Nullable Path key;

    @Mixin
    private Options own = new Options();

    RecoverCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (rehearse == (into != null)) {
            throw new UsageException("give either --rehearse or --into");
        }
        BackupConfig backups = BackupConfig.beside(own.configFile());
        backups.unattested().ifPresent(terminal::problem);
        BackupPlanConfig which = UsageException.unless(() -> backups.plan(plan));
        Encryption encryption = Encryption.of(backups.key());
        String ifInterrupted = into == null
                ? "the rehearsal was not finished; the next one " + "starts from the beginning"
                : ifInterrupted(which, into);
        try (BackupJob job = new BackupJob(terminal, ifInterrupted)) {
            if (into != null) {
                RestoreDestination target = destination(which, into);
                BackupRestore recovery = new BackupRestore(job.on(which, backups, encryption));
                return recover(backups, which, target, from(which, encryption), recovery);
            }
            RestoreTest verification = new RestoreTest(job.on(which, backups, encryption));
            return rehearse(backups, which, from(which, encryption), verification);
        }
    }

    /** After an interruption, partial data cannot be removed: the connection is closed too. */
    static String ifInterrupted(BackupPlanConfig which, String into) {
        String asItWas = "`" + VisibleText.line(into) + "` is unchanged; run the same command " + "again";
        return which.source() instanceof BackupSource.Postgres
                ? asItWas + ", which removes the databases left on the server, whose names "
                        + "begin with `interlock_restoring_`; or drop them yourself"
                : asItWas;
    }

    private int rehearse(BackupConfig backups, BackupPlanConfig which, RecoverySource from, RestoreTest verification)
            throws IOException {
        RecoveryChecklist checklist = begin("Recovery of " + which.name() + ", rehearsed in a temporary server:", from);
        BackupConfig.Checklist people = backups.checklist(which.name());
        people.before().forEach(checklist::person);
        BackupAttestation found = checklist.run(
                "preparing",
                new BackupProgress(terminal, which.name()),
                progress -> verification.verify(from.id(), progress),
                BackupAttestation::restored);
        people.after().forEach(checklist::person);
        Rehearsal done =
                new Rehearsal(which.name(), which.of(), found.id(), clock.instant(), checklist.steps(), found.faults());
        if (key == null) {
            report(done, from, leaveUnsigned(done));
        } else {
            report(done, from, handIn(done, SshKeygen.sign(key, Rehearsal.NAMESPACE, bytes(done))));
        }
        return done.isWhole() ? ExitCodes.OK : ExitCodes.NO;
    }

    /**
     * The backup to restore.
     *
     * @param passedOver younger ones that were not chosen, if nobody has named one
     */
    private record RecoverySource(String id, boolean named, List<RestoreChoice.SkippedBackup> passedOver) {}

    /** A rehearsal chooses the same backup as a real recovery. */
    private RecoverySource from(BackupPlanConfig which, Encryption encryption) throws IOException {
        String named = backup;
        if (named != null) {
            return new RecoverySource(named, true, List.of());
        }
        RestoreChoice choice = RestoreChoice.of(BackupListing.of(which, encryption))
                .orElseThrow(() -> new IllegalArgumentException("there is no backup of `" + plan + "`"));
        requireNoneMissed(choice, which);
        choice.reliabilityWarning()
                .ifPresent(why -> terminal.problem("NO backup of `" + plan + "` is known to "
                        + "have been restored for real; this one is the youngest, and " + VisibleText.line(why)));
        return new RecoverySource(choice.entry().id(), false, choice.passedOver());
    }

    /**
     * Refuses if younger backups could not be tested for weeks. A person who sees a success message afterwards would
     * have lost those weeks.
     */
    private void requireNoneMissed(RestoreChoice choice, BackupPlanConfig which) {
        List<RestoreChoice.SkippedBackup> missed = choice.openCandidates(which.every());
        if (!missed.isEmpty()) {
            String shown = missed.stream()
                    .limit(MAX_MISSED)
                    .map(one -> "`" + VisibleText.line(one.id()) + "` (" + VisibleText.line(one.why()) + ")")
                    .collect(Collectors.joining(", "));
            throw new IllegalArgumentException("the latest backup that was restored, `"
                    + choice.entry().id() + "`, is "
                    + CellFormat.age(Duration.between(choice.entry().takenAt(), clock.instant())
                            .toSeconds())
                    + " old; name it, or one of these newer ones, which are not known to be "
                    + "faulty: " + shown
                    + (missed.size() > MAX_MISSED
                            ? " and " + (missed.size() - MAX_MISSED) + " more (interlock backup list " + which.name()
                                    + own.again() + ")"
                            : ""));
        }
    }

    private int recover(
            BackupConfig backups,
            BackupPlanConfig which,
            RestoreDestination target,
            RecoverySource from,
            BackupRestore recovery)
            throws IOException {
        String shown = shown(target);
        RecoveryChecklist checklist =
                begin("Recovery of " + which.name() + " into `" + shown + "`, from " + from.id() + ":", from);
        BackupConfig.Checklist people = backups.checklist(which.name());
        people.before().forEach(checklist::person);
        RestoreResult done = checklist.run(
                "beginning",
                new BackupProgress(terminal, which.name()),
                progress -> from.named()
                        ? recovery.into(target, from.id(), progress)
                        : recovery.unnamedInto(target, from.id(), progress),
                RestoreResult::isWhole);
        if (done.isWhole()) {
            people.after().forEach(checklist::person);
        }
        if (own.json()) {
            terminal.json(done.amount()
                    .on(Json.object())
                    .with("backup", done.id())
                    .with(target instanceof RestoreDestination.Database ? "database" : "path", shown)
                    .with("restored", done.isWhole())
                    .withOptional("moved", done.notes().moved())
                    .withTexts("wrong", done.wrong())
                    .with("passed_over", passed(from.passedOver()))
                    .withTexts("not_compared", done.uncompared())
                    .withTexts("extensions_uncompared", done.notes().extensions())
                    .withOptional("left_in", done.left())
                    .withTexts("left_beside", done.notes().beside().stream().sorted())
                    .withTexts("roles_made", done.notes().roles().stream().sorted()));
        } else {
            print(terminal, done, shown);
        }
        return done.isWhole() ? ExitCodes.OK : ExitCodes.NO;
    }

    private RecoveryChecklist begin(String title, RecoverySource from) {
        if (!own.json()) {
            terminal.line(title);
            from.passedOver()
                    .forEach(one -> terminal.line("  ! passed over: " + VisibleText.line(one.id()) + age(one.takenAt())
                            + ": " + VisibleText.line(one.why()) + "; name it to restore it anyway"));
        }
        return new RecoveryChecklist(terminal, own.json());
    }

    /** The age of an unreadable backup is unknown. */
    private String age(Instant takenAt) {
        return takenAt.equals(Instant.EPOCH)
                ? ""
                : ", "
                        + CellFormat.age(
                                Duration.between(takenAt, clock.instant()).toSeconds()) + " old";
    }

    private static Json passed(List<RestoreChoice.SkippedBackup> passedOver) {
        return new Json.Array(passedOver.stream()
                .<Json>map(one -> Json.object()
                        .with("backup", one.id())
                        .withOptional(
                                "taken_at",
                                Optional.of(one.takenAt())
                                        .filter(at -> !at.equals(Instant.EPOCH))
                                        .map(Instant::toString))
                        .with("why", one.why()))
                .toList());
    }

    /** Prints the result of restoring {@code shown}. */
    static void print(Terminal terminal, RestoreResult done, String shown) {
        String amount = BackupWork.amount(done.amount());
        String elsewhere = "`" + shown + "` is unchanged, and the restored data is in `"
                + done.left().orElse("") + "`:";
        if (done.isWhole()) {
            terminal.line("✓ " + amount + " are in `" + shown + "`, as they were counted");
        } else if (done.left().isEmpty()) {
            terminal.line(
                    "✗ nothing was restored, and `" + shown + "` is unchanged; name a backup to restore it anyway:");
        } else if (done.wrong().isEmpty()) {
            terminal.line(
                    "✗ " + amount + " match the counts, but not everything could be " + "compared, so " + elsewhere);
        } else {
            terminal.line("✗ the restored data differs, so " + elsewhere);
        }
        done.notes().moved().ifPresent(words -> terminal.line("    " + words));
        if (!done.notes().roles().isEmpty()) {
            String roles = done.notes().roles().stream().sorted().collect(Collectors.joining("`, `"));
            terminal.line("    created the roles `" + VisibleText.line(roles) + "`, which cannot log in");
        }
        done.wrong().forEach(why -> terminal.line("    " + VisibleText.line(why)));
        done.uncompared().forEach(what -> terminal.line("    not compared: " + VisibleText.line(what)));
        tellUncompared(terminal, done.notes().extensions());
        done.notes().beside().stream()
                .sorted()
                .forEach(database -> terminal.line("    the database `" + database
                        + "` was created only for this restore and could not be dropped: drop it"));
    }

    /** Prints for which {@code extensions} nobody could tell whether they re-created what belonged to them. */
    static void tellUncompared(Terminal terminal, List<String> extensions) {
        if (!extensions.isEmpty()) {
            terminal.line("    data of these extensions was not compared, because their version "
                    + "differs from the source: " + VisibleText.line(String.join(", ", extensions)));
        }
    }

    private RestoreDestination destination(BackupPlanConfig which, String text) {
        if (which.source() instanceof BackupSource.Postgres) {
            return new RestoreDestination.Database(target(text), makeRoles);
        }
        if (text.startsWith("postgres") || passwordFile != null || makeRoles) {
            throw new UsageException("`" + which.name() + "` is restored to a path: give only --into /a/path");
        }
        if (which.source() instanceof BackupSource.Exec) {
            return new RestoreDestination.NamedDestination(text);
        }
        return new RestoreDestination.RestorePath(Path.of(text).toAbsolutePath().normalize());
    }

    private static String shown(RestoreDestination target) {
        return switch (target) {
            case RestoreDestination.Database database -> database.database().name();
            case RestoreDestination.NamedDestination called -> VisibleText.line(called.name());
            case RestoreDestination.RestorePath at -> VisibleText.line(at.path().toString());
        };
    }

    /** Passwords are not accepted on a command line: everybody on the machine could read them. */
    private BackupSource.Database target(String text) {
        URI uri = UsageException.unless(() -> URI.create(text));
        // Without a host, as with a socket, only `user@` is there.
        String user = Optional.ofNullable(uri.getUserInfo())
                .or(() -> Optional.ofNullable(uri.getAuthority())
                        .filter(authority -> authority.endsWith("@"))
                        .map(authority -> authority.substring(0, authority.length() - 1)))
                .orElse("");
        String database = Optional.ofNullable(uri.getPath()).orElse("").replaceFirst("^/", "");
        String query = Optional.ofNullable(uri.getQuery()).orElse("");
        boolean named = List.of("postgresql", "postgres").contains(String.valueOf(uri.getScheme()))
                && !database.isEmpty()
                && (query.isEmpty() || query.matches("host=/[^&]*"));
        if (!named) {
            throw new UsageException("--into is written postgresql://USER@HOST:PORT/DATABASE");
        }
        if (user.contains(":")) {
            throw new UsageException("every user can see a password on a command line: use " + "--password-file");
        }
        Optional<String> host =
                query.isEmpty() ? Optional.ofNullable(uri.getHost()) : Optional.of(query.substring("host=".length()));
        return new BackupSource.Database(
                database,
                host,
                uri.getPort() < 0 ? Optional.empty() : Optional.of(uri.getPort()),
                user.isEmpty() ? Optional.empty() : Optional.of(user),
                Optional.ofNullable(passwordFile),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static byte[] bytes(Rehearsal done) {
        return done.json().canonical();
    }

    /** The place of the rehearsal's record, which contains more than the gateway needs to know. */
    private sealed interface RehearsalRecord {
        /** A person signed it, and it has a receipt. */
        record SignedRehearsal(String person, String receipt) implements RehearsalRecord {}

        /**
         * It waits for a signature at {@code console}, if there is one.
         *
         * @param words the digest phrase of the text to sign
         */
        record PendingRehearsal(String id, String words, Optional<String> console) implements RehearsalRecord {}

        /** The gateway does not have it; the person was informed. */
        record UnrecordedRehearsal() implements RehearsalRecord {}
    }

    private RehearsalRecord handIn(Rehearsal done, String signature) {
        Json.Members word = Json.object().with("rehearsal", done.json()).with("signature", signature);
        try {
            Json.Members said = own.daemon().call("backup.rehearsal", word);
            return new RehearsalRecord.SignedRehearsal(said.text("person"), said.text("receipt"));
        } catch (Exception e) {
            terminal.problem(
                    "the gateway could not be notified, so it counts as never " + "rehearsed: " + e.getMessage());
            return new RehearsalRecord.UnrecordedRehearsal();
        }
    }

    /** A person with a passkey signs it at the console. Nothing that this program prints could be signed instead. */
    private RehearsalRecord leaveUnsigned(Rehearsal done) {
        try {
            AdminClient daemon = own.daemon();
            Json.Members left =
                    daemon.call("backup.rehearsal.unsigned", Json.object().with("rehearsal", done.json()));
            return new RehearsalRecord.PendingRehearsal(left.text("unsigned"), left.text("words"), console(daemon));
        } catch (Exception e) {
            terminal.problem("nobody signed, so it counts as never rehearsed: rehearse with --key KEY. "
                    + "It could not be handed to the gateway for a passkey signature "
                    + "either: " + e.getMessage());
            return new RehearsalRecord.UnrecordedRehearsal();
        }
    }

    private static Optional<String> console(AdminClient daemon) {
        try {
            return daemon.call("status", Json.object()).optionalText("console").filter(told -> told.startsWith("http"));
        } catch (Exception e) {
            return Optional.empty(); // the record is stored all the same
        }
    }

    private void report(Rehearsal done, RecoverySource from, RehearsalRecord kept) {
        if (own.json()) {
            Json.Members all = done.json().with("passed_over", passed(from.passedOver()));
            terminal.json(
                    switch (kept) {
                        case RehearsalRecord.SignedRehearsal(String person, String receipt) ->
                            all.with("person", person).with("receipt", receipt);
                        case RehearsalRecord.PendingRehearsal(String id, String words, Optional<String> _) ->
                            all.with("unsigned", id).with("words", words);
                        case RehearsalRecord.UnrecordedRehearsal() -> all;
                    });
            return;
        }
        terminal.line((done.isWhole() ? "✓ " : "✗ ") + done.backup() + "  "
                + (done.isWhole() ? "everything was restored" : "not everything was restored") + ", in "
                + CellFormat.age(done.tookSeconds()));
        done.wrong().forEach(why -> terminal.line("    " + VisibleText.line(why)));
        long skipped = RehearsalRegistry.skipped(done.json());
        if (skipped > 0) {
            terminal.line("    " + skipped + " of " + done.steps().size()
                    + " steps were skipped, so this is not a recovery time");
        }
        switch (kept) {
            case RehearsalRecord.SignedRehearsal(String person, String receipt) ->
                terminal.line("    rehearsed by " + person + ", receipt " + receipt);
            case RehearsalRecord.PendingRehearsal(String _, String words, Optional<String> console) -> {
                terminal.line("    its words: " + words);
                terminal.problem("nobody has signed it yet, so it counts as never rehearsed: "
                        + console.map(at -> "sign it by passkey within a week, at " + at + "/backups")
                                .orElse("there is no console to sign at")
                        + "; or rehearse with --key");
            }
            case RehearsalRecord.UnrecordedRehearsal() -> {
                // The reason was printed already.
            }
        }
    }
}
