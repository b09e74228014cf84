package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.BackupScheduler;
import dev.interlock.backup.BackupStatus;
import dev.interlock.backup.ListingCache;
import dev.interlock.backup.RestoreTest;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.TargetPermissions;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.config.Config;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RestoreAttestation;
import dev.interlock.program.ExitCodes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Takes and tests backups, and reports the results.
 *
 * <p>Threading: one thread may take backups while another tests them, and one for each plan follows up the results.
 */
final class BackupWork {

    private static final String UNSEEN =
            "this machine cannot check whether the backup is stored apart from its source: " + "only the seal says so";

    private static final String FALLEN = "less_than_half_of";

    private final Terminal terminal;
    private final Options own;
    private final BackupConfig backups;
    private final Encryption encryption;
    private final BackupGateway gateway;
    private final TargetCheckReporter looksTold;
    private final TargetCheck looks = TargetCheck.periodic();
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final AttestationDelivery handingIn;
    private final Set<String> trying = ConcurrentHashMap.newKeySet();
    private volatile boolean interrupted;

    BackupWork(Terminal terminal, Options own, BackupConfig backups) throws IOException {
        this(terminal, own, backups, System::nanoTime);
    }

    /** Creates it with the clock {@code nanos}. */
    BackupWork(Terminal terminal, Options own, BackupConfig backups, LongSupplier nanos) throws IOException {
        this.terminal = terminal;
        this.own = own;
        this.backups = backups;
        this.encryption = Encryption.of(backups.key());
        this.gateway = new BackupGateway(terminal, own);
        this.looksTold = new TargetCheckReporter(terminal, gateway);
        this.handingIn = new AttestationDelivery(terminal, gateway, looks, encryption, nanos);
    }

    Encryption encryption() {
        return encryption;
    }

    /** Checks the target of {@code plan}, and reports the findings to people and to the gateway. */
    BackupScheduler.TargetState look(BackupPlanConfig plan, ListingCache remembered) throws IOException {
        return looksTold.check(plan, new TargetCheckReporter.TargetInspector() {
            @Override
            public BackupScheduler.TargetState check(Optional<BackupStatus> standing) throws IOException {
                return looked(plan, remembered, standing);
            }

            @Override
            public boolean has(String id) throws IOException {
                return BackupListing.has(looks, plan, encryption, id);
            }
        });
    }

    TargetCheckReporter reporter() {
        return looksTold;
    }

    private BackupScheduler.TargetState looked(
            BackupPlanConfig plan, ListingCache remembered, Optional<BackupStatus> standing) throws IOException {
        Optional<String> counted = standing.flatMap(BackupStatus::counted);
        // This is checked first, and alone. The rest of the target may take long, and the report of this loss must not
        // wait.
        boolean isGone = counted.isPresent() && isMissing(plan, counted.get()) && tellGone(plan, counted.get());
        BackupListing listing = BackupListing.of(looks, plan, encryption, remembered, counted);
        tellTrouble(plan, listing.unusable());
        isGone = isGone || tellGone(plan, counted, listing);
        standing.ifPresent(known -> handIn(plan, known, listing));
        return new BackupScheduler.TargetState(
                listing, standing.orElse(BackupStatus.UNKNOWN), isGone ? ExitCodes.NO : ExitCodes.OK);
    }

    /** If this backup alone cannot be checked, the check of the whole target will show it. */
    private boolean isMissing(BackupPlanConfig plan, String counted) {
        try {
            return !BackupListing.has(looks, plan, encryption, counted);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Takes a backup of {@code plan} within {@code limit}, and removes those that its retention rules allow. Returns
     * the exit code.
     */
    int take(BackupPlanConfig plan, Optional<Duration> limit) throws IOException {
        String ifInterrupted = "nothing of `" + plan.name()
                + "` counts from the interrupted run, and the backup will start from the "
                + "beginning; backups of other plans count, and `interlock backup take --due" + own.again()
                + "` skips those plans";
        tellSecrets();
        tellGround(plan);
        try (BackupJob job = new BackupJob(terminal, ifInterrupted, limit)) {
            try {
                return taken(plan, job, limit.isPresent());
            } catch (IOException e) {
                throw job.why(e);
            }
        }
    }

    /** Warns once about others who could use the secrets for backups. A backup is taken all the same. */
    private void tellSecrets() {
        try {
            BackupSecrets.check(backups, config(), SandboxLauncher.agentUid()).wrong().stream()
                    .filter(told::add)
                    .forEach(terminal::problem);
        } catch (IOException | RuntimeException e) {
            if (told.add("secrets")) {
                terminal.problem("could not check who else can use the secrets for backups: " + e.getMessage());
            }
        }
    }

    /** Warns once about directories in which others could replace root's files. A backup there is better than none. */
    private void tellGround(BackupPlanConfig plan) {
        try {
            TargetPermissions.warnings(List.of(plan)).stream().filter(told::add).forEach(terminal::problem);
        } catch (IOException | RuntimeException e) {
            if (told.add("ground of " + plan.name())) {
                terminal.problem(plan.name() + ": could not check who else can write to its target: " + e.getMessage());
            }
        }
    }

    /** Returns the configuration of this machine's gateway; empty on a machine without one. */
    private Optional<Config> config() throws IOException {
        try {
            return Optional.of(own.config());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** @param tried whether the caller tests it too */
    private int taken(BackupPlanConfig plan, BackupJob job, boolean tried) throws IOException {
        BackupRun taking = new BackupRun(job.on(plan, backups, encryption));
        BackupRun.BackupResult taken = take(taking, plan, job);
        BackupRun.PruneResult pruned = BackupRun.PruneResult.NOTHING;
        int exit = taken.separation() == Separation.SAME ? ExitCodes.NO : ExitCodes.OK;
        try {
            BackupGateway.RetainedBackups rest = gateway.retainedBackups(plan);
            Set<String> staying = new TreeSet<>();
            pruned = taking.prune(id -> trying.contains(called(plan, id)) || stays(id, rest, staying));
            int unasked = tellUnasked(plan, rest, staying);
            exit = exit == ExitCodes.OK ? unasked : exit;
        } catch (IOException e) {
            interrupted = job.isInterrupted();
            if (interrupted) {
                throw e;
            }
            terminal.problem(plan.name() + ": the backup was taken, but `keep` could not be "
                    + "applied: "
                    + job.why(e).getMessage());
            exit = ExitCodes.UNAVAILABLE;
        } finally {
            tell(plan, taken, pruned, tried); // the backup is there, even if the next steps fail
        }
        return exit;
    }

    private static boolean stays(String id, BackupGateway.RetainedBackups rest, Set<String> staying) {
        boolean stays = rest.mayBeOn(id);
        if (stays) {
            staying.add(id);
        }
        return stays;
    }

    /** Returns the exit code: somebody must repair a gateway that is there and cannot be reached. */
    private int tellUnasked(BackupPlanConfig plan, BackupGateway.RetainedBackups rest, Set<String> staying) {
        if (rest.unasked().isEmpty() || staying.isEmpty()) {
            return ExitCodes.OK;
        }
        terminal.problem(plan.name() + ": the backup was taken, but `keep` removed nothing: "
                + "the gateway cannot be asked which backups are the basis of a decision ("
                + rest.unasked().get()
                + "); the next `take` that can ask removes what `keep` allows: " + String.join(", ", staying));
        return ExitCodes.UNAVAILABLE;
    }

    private BackupRun.BackupResult take(BackupRun taking, BackupPlanConfig plan, BackupJob job) throws IOException {
        Optional<Path> absent = plan.target() instanceof BackupTarget.Directory to && !Files.exists(to.path())
                ? Optional.of(to.path())
                : Optional.empty();
        try {
            return taking.take(new BackupProgress(terminal, plan.name()));
        } finally {
            // A mistyped directory would be created on the very disk that the backup must be separate from.
            absent.filter(Files::isDirectory)
                    .ifPresent(made -> terminal.problem(
                            plan.name() + ": made `" + made + "`, the target's directory, because it did not exist"));
            interrupted = job.isInterrupted();
        }
    }

    /** Returns whether somebody has interrupted the backup in progress. */
    boolean isInterrupted() {
        return interrupted;
    }

    static String called(BackupPlanConfig plan, String id) {
        return plan.name() + "/" + id;
    }

    private void tell(
            BackupPlanConfig plan, BackupRun.BackupResult taken, BackupRun.PruneResult pruned, boolean tried) {
        Optional<BackupAttestation> fallen = pruned.largerPredecessor(taken);
        if (own.json()) {
            terminal.json(json(plan, taken, pruned.removed())
                    .withOptional(FALLEN, fallen.map(BackupAttestation::id))
                    .withTexts("spared", pruned.spared()));
        } else {
            words(plan, taken, pruned.removed(), tried ? "" : next(plan))
                    .lines()
                    .forEach(terminal::line);
            fallen.ifPresent(this::tellFallen);
            pruned.spared().forEach(this::tellSpared);
        }
        tellTrouble(plan, pruned.left());
        pruned.unremoved().forEach((id, why) -> {
            if (told.add(called(plan, id))) {
                terminal.problem(called(plan, id) + " should be removed by `keep`, but could " + "not be: " + why);
            }
        });
    }

    /**
     * Reports a backup that is much smaller than the one before. Only people know whether its source was tidied up or
     * emptied by accident.
     */
    private void tellFallen(BackupAttestation before) {
        terminal.line("    ! this is less than half of the data that was restored from " + before.id() + ": "
                + amount(before.amount()) + "; if nobody deleted data on purpose, find out why "
                + "now");
    }

    private void tellSpared(String id) {
        terminal.line("    " + id + " would be removed by `keep` but stays for now: a later "
                + "restored backup has less than half of its data or comes from another source");
    }

    /** Reports once the backups that are there and do not count; no rule removes them. */
    private void tellTrouble(BackupPlanConfig plan, Map<String, String> troubled) {
        troubled.forEach((id, why) -> {
            if (told.add(called(plan, id))) {
                terminal.problem(called(plan, id) + " does not count and is left in place: " + why);
            }
        });
    }

    static Json.Members json(BackupPlanConfig plan, BackupRun.BackupResult taken, List<String> pruned) {
        return taken.amount()
                .on(Json.object())
                .with("plan", plan.name())
                .with("backup", taken.id())
                .with("taken_at", taken.takenAt().toString())
                .with("bytes", taken.bytes())
                .with("separation", taken.separation().word())
                .withTexts("removed", pruned)
                .withTexts("source_could", taken.excess().orElse(List.of()))
                .with("source_could_known", taken.excess().isPresent())
                .with("sequences_known", taken.sequencesKnown())
                .withTexts("extensions_lacking", taken.lacking().orElse(List.of()))
                .with("extensions_lacking_known", taken.lacking().isPresent())
                .withTexts("warnings", taken.warnings())
                .withTexts("beside", taken.beside());
    }

    private String next(BackupPlanConfig plan) {
        return ": interlock backup verify " + plan.name() + own.again();
    }

    /** @param next how the backup comes to count, for the person who must do it */
    static String words(BackupPlanConfig plan, BackupRun.BackupResult taken, List<String> pruned, String next) {
        boolean same = taken.separation() == Separation.SAME;
        return (same ? "✗ " : "✓ ") + plan.name() + "  " + taken.id() + "  "
                + amount(taken.amount()) + ", "
                + BackupCommand.size(taken.bytes())
                + (pruned.isEmpty() ? "" : "; removed: " + String.join(", ", pruned))
                + (same ? together(plan) : "\n    does not count until it is verified" + next)
                + (taken.separation() == Separation.UNKNOWN ? "\n    " + UNSEEN : "")
                + taken.excess()
                        .map(BackupWork::excess)
                        .orElse("\n    could not check which other rights the database user has")
                + (taken.sequencesKnown()
                        ? ""
                        : "\n    the final sequence positions could not be read (a lock, no "
                                + "connection), so `verify` does not compare them")
                + taken.lacking()
                        .map(BackupWork::lacking)
                        .orElse("\n    could not check whether this machine has the extensions "
                                + "that `verify` needs")
                + taken.warnings().stream()
                        .map(line -> "\n    warning while it was taken: " + VisibleText.line(line))
                        .collect(Collectors.joining())
                + beside(RestoreAttestation.unsavedDatabases(
                        RestoreAttestation.unsavedDatabases(Json.object(), taken.beside())));
    }

    private static String lacking(List<String> extensions) {
        return extensions.isEmpty()
                ? ""
                : "\n    it cannot be verified here: this machine lacks these extensions of "
                        + "the source: "
                        + VisibleText.line(String.join(", ", extensions))
                        + "\n    install these for its version of PostgreSQL: docs/backups.md";
    }

    private static String together(BackupPlanConfig plan) {
        return plan.target() instanceof BackupTarget.S3
                ? "\n    the storage server runs on the same machine as the source, so one "
                        + "failure could destroy both.\n    If it stores the data elsewhere, "
                        + "declare that: `elsewhere: true` in `s3`, docs/backups.md"
                : "\n    it is on the same device as its source, so one failure could destroy "
                        + "both\n    name a `target` on another disk or machine: "
                        + "docs/backups.md";
    }

    private static String excess(List<String> powers) {
        return powers.isEmpty()
                ? ""
                : "\n    the database user that reads it has more rights than reading, and so "
                        + "has everyone with its password: "
                        + VisibleText.line(String.join("; ", powers))
                        + "\n    grant it only pg_read_all_data: docs/backups.md";
    }

    /** Lists the same number of names as the attestation. */
    private static String beside(Optional<RestoreAttestation.UnsavedDatabaseList> databases) {
        return databases
                .map(names ->
                        "\n    on the same server but not saved by any plan here: " + VisibleText.line(names.words()))
                .orElse("");
    }

    /** Returns a text such as {@code 1000 rows of 4 tables} or {@code 12 files}. */
    static String amount(Amount amount) {
        return switch (amount) {
            case Amount.Rows all ->
                CellFormat.number(all.rows(), "row") + " of " + CellFormat.number(all.tables(), "table");
            case Amount.Parts all -> all.counted() + " in " + CellFormat.number(all.parts(), "part");
            case Amount.Files all ->
                CellFormat.number(all.files(), "file") + " with " + BackupCommand.size(all.contentBytes());
        };
    }

    /**
     * Signs that the backup that the gateway counts on is gone, if it is. Until then the gateway may permit a
     * destructive call because of it. The gateway may then count on an older one, which the next check covers.
     *
     * @param listing the content of the target, read after the gateway counted on the backup
     * @return whether it is gone
     */
    private boolean tellGone(BackupPlanConfig plan, Optional<String> counted, BackupListing listing) {
        return counted.isPresent() && !listing.has(counted.get()) && tellGone(plan, counted.get());
    }

    private boolean tellGone(BackupPlanConfig plan, String counted) {
        if (!gateway.counted(plan).equals(Optional.of(counted))) { // removed meanwhile: a younger one counts
            return false;
        }
        BackupAttestation found = BackupAttestation.gone(plan, counted, Instant.now());
        try {
            Optional<String> signature = sign(found);
            report(found, signature.isPresent(), signature.flatMap(word -> gateway.attest(found, word)));
        } catch (IOException e) {
            terminal.problem(plan.name() + "/" + counted + " is no longer on its target, and this could not be signed: "
                    + e.getMessage());
        }
        return true;
    }

    /** Hands in the signed attestations that the gateway does not know, of the backups that something depends on. */
    private void handIn(BackupPlanConfig plan, BackupStatus standing, BackupListing listing) {
        for (BackupAttestation found : listing.relevantResults(standing.counted())) {
            if (standing.isNews(found) && !trying.contains(called(plan, found.id()))) {
                handingIn.deliver(plan, found).ifPresent(receipt -> report(found, true, Optional.of(receipt)));
            }
        }
    }

    /**
     * Tests backup {@code id} within {@code limit}, and returns the exit code. Without {@code id}, it tests the one
     * that the gateway counts on if that one cannot be read any more, and otherwise the youngest.
     */
    int verify(BackupPlanConfig plan, Optional<String> id, Optional<Duration> limit) throws IOException {
        String ifInterrupted = "`" + plan.name() + "` was not verified, and its status has not changed; the "
                + "next `verify` starts from the beginning";
        try (BackupJob job = new BackupJob(terminal, ifInterrupted, limit)) {
            try {
                return verified(plan, id, job);
            } catch (IOException e) {
                throw job.why(e);
            }
        }
    }

    private int verified(BackupPlanConfig plan, Optional<String> id, BackupJob job) throws IOException {
        RestoreTest verification = new RestoreTest(job.on(plan, backups, encryption));
        String which;
        if (id.isPresent()) {
            which = id.get();
        } else {
            Optional<String> counted = gateway.counted(plan);
            BackupListing listing = BackupListing.of(plan, encryption);
            if (tellGone(plan, counted, listing)) {
                looksTold.gone(plan, counted.orElseThrow());
                return ExitCodes.NO;
            }
            which = verification.youngest(counted, listing);
        }
        trying.add(called(plan, which));
        try {
            BackupAttestation found = verification.verify(which, new BackupProgress(terminal, plan.name()));
            Optional<String> signature = sign(found);
            if (signature.isPresent()) {
                verification.note(found, signature.get());
            }
            report(
                    found,
                    signature.isPresent(),
                    signature.flatMap(word -> gateway.attest(found, word)),
                    verification.largerPredecessor(found));
            return found.restored() ? ExitCodes.OK : ExitCodes.NO;
        } finally {
            trying.remove(called(plan, which));
        }
    }

    private Optional<String> sign(BackupAttestation found) throws IOException {
        if (backups.attestKey().isEmpty()) {
            terminal.problem(
                    "backups.yaml names no `attest-key`, so the result is not signed " + "and no gateway learns of it");
            return Optional.empty();
        }
        return Optional.of(SshKeygen.sign(
                backups.attestKey().get(),
                BackupAttestation.NAMESPACE,
                found.json().canonical()));
    }

    private void report(BackupAttestation found, boolean signed, Optional<String> receipt) {
        report(found, signed, receipt, Optional.empty());
    }

    private void report(
            BackupAttestation found, boolean signed, Optional<String> receipt, Optional<BackupAttestation> fallenFrom) {
        if (own.json()) {
            terminal.json(found.json()
                    .with("signed", signed)
                    .withOptional("receipt", receipt)
                    .withOptional(FALLEN, fallenFrom.map(BackupAttestation::id)));
            return;
        }
        terminal.line((found.restored() ? "✓ " : "✗ ") + found.json().text("plan") + "  " + found.id() + "  "
                + (found.restored()
                        ? "restored whole: " + amount(found.amount()) + ", in "
                                + found.json().whole("took_seconds") + " s"
                        : "cannot be restored as it was:"));
        found.faults().forEach(why -> terminal.line("    " + VisibleText.line(why)));
        fallenFrom.ifPresent(this::tellFallen);
        if (found.restored() && !found.isSeparationObserved()) {
            terminal.line("    " + UNSEEN);
        }
        if (found.restored() && !found.isSequencesKnown()) {
            terminal.line(
                    "    sequence positions were not compared: they could not be read " + "when the backup was taken");
        }
        RecoverCommand.tellUncompared(terminal, found.extensionsUncompared());
        beside(found.beside()).lines().skip(1).forEach(terminal::line);
        receipt.ifPresent(id -> terminal.line("    receipt " + id));
    }
}
