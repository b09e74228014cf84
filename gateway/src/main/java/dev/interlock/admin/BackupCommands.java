package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RehearsalAttestation;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Commands about restore tests, rehearsals and backups. Nobody is believed because they are at the socket: a key that
 * the seal names must have signed.
 *
 * @param status returns what would be left of everything that holds data, after each way of losing it, now or at a past
 *     time
 */
public record BackupCommands(
        AttestationRegistry attestations,
        RehearsalRegistry rehearsals,
        BiFunction<Seal, Optional<Instant>, Json.Members> status,
        SignatureReader signatures,
        InstantSource clock,
        Consumer<Alert> alerts)
        implements CommandGroup {

    private static final System.Logger LOG = System.getLogger(BackupCommands.class.getName());

    private static final String KEPT = "kept";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(BackupQuestion.AttestBackup.class, this::attest),
                Command.of(BackupQuestion.CheckTarget.class, this::check),
                Command.of(BackupQuestion.SignRehearsal.class, this::sign),
                Command.of(BackupQuestion.HandInRehearsal.class, this::handIn),
                // For the process that makes backups. No provider is asked.
                Command.of(
                        BackupQuestion.ListPlans.class,
                        request -> new BackupQuestion.Plans(attestations.standing(request.seal()))),
                Command.of(
                        BackupQuestion.AskBackups.class,
                        request -> status(request.seal(), request.question().at())));
    }

    /**
     * Takes an attestation of a restore test.
     *
     * <p>A good one widens: it is recorded before it counts. A bad one tightens: it counts first, even if it cannot be
     * stored. Then the answer says so, and the tester hands it in again until it can. People are alerted once.
     */
    private BackupQuestion.AttestedBackup attest(AdminRequest<BackupQuestion.AttestBackup> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        ReceiptEntry entry = request.entry();
        Json.Members said = request.question().attestation();
        String signature = request.question().signature();
        boolean isNews;
        try {
            isNews = attestations.require(seal, said, signature, clock.instant());
        } catch (MalformedException e) { // as its tester must know, the seal may lack the plan
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        Json.Members act = Json.object()
                .with("attestation", said)
                .with("signature", signature)
                .with("seal", seal.id());
        if (said.flag("restored")) {
            // It counts and is recorded already, but was not stored: a second try to store it gets no second receipt.
            if (!isNews) {
                requireKept(() -> attestations.keep(seal, said, signature));
            }
            String receipt = entry.record(act);
            Optional<String> before = moved(seal, said);
            if (isNews) {
                requireKept(() -> attestations.keep(seal, said, signature));
            }
            // They count all the same: the tester certifies the backup, and sources do move.
            moved(seal, said)
                    .filter(now -> before.filter(now::equals).isEmpty())
                    .ifPresent(now -> alert(
                            Alert.Severity.WARNING,
                            "Backups now have another source or target than before.",
                            said,
                            now,
                            Optional.of(receipt)));
            return new BackupQuestion.AttestedBackup(receipt, Optional.empty());
        }
        boolean isKept = isKept(() -> attestations.keep(seal, said, signature));
        if (isNews) {
            alertFailure("A backup failed its restore test.", said, Optional.empty());
        }
        return isKept
                ? new BackupQuestion.AttestedBackup(entry.record(act), Optional.empty())
                : new BackupQuestion.AttestedBackup(entry.record(act.with(KEPT, false)), Optional.of(false));
    }

    private Optional<String> moved(Seal seal, Json.Members said) {
        return attestations.describeSourceChange(seal, said.text("plan"), Instant.MAX);
    }

    /**
     * Takes the report whether the target of a plan could be checked.
     *
     * <p>That it could not tightens: it counts first, even if it cannot be stored. Then the answer says so, and the
     * report is handed in again until it can. That it could only restores what attestations gave; it is recorded before
     * it counts.
     */
    private BackupQuestion.CheckedTarget check(AdminRequest<BackupQuestion.CheckTarget> request)
            throws AdminRefusedException, LedgerUnavailableException {
        ReceiptEntry entry = request.entry();
        Seal seal = request.seal();
        String plan = request.question().plan();
        boolean looked = request.question().looked();
        if (!seal.backups().plans().containsKey(plan)) {
            throw new IllegalArgumentException(
                    "the seal has no plan `" + plan + "`: add it to interlock.yaml and seal");
        }
        Json.Members act = Json.object().with("plan", plan).with("looked", looked);
        boolean isNews = attestations.uncheckedSince(plan).isPresent() == looked;
        if (!looked) {
            Optional<Boolean> kept = isKept(() -> note(plan, false)) ? Optional.empty() : Optional.of(false);
            Optional<Boolean> recorded =
                    isNews ? Optional.of(entry.done(kept.isPresent() ? act.with(KEPT, false) : act)) : Optional.empty();
            return new BackupQuestion.CheckedTarget(plan, false, isNews, Optional.empty(), recorded, kept);
        }
        Optional<String> receipt = isNews ? Optional.of(entry.record(act)) : Optional.empty();
        if (isNews) {
            requireKept(() -> note(plan, true));
        }
        return new BackupQuestion.CheckedTarget(plan, true, isNews, receipt, Optional.empty(), Optional.empty());
    }

    private void note(String plan, boolean looked) throws IOException {
        attestations.recordTargetCheck(plan, looked, clock.instant().truncatedTo(ChronoUnit.SECONDS));
    }

    /** A change that takes effect at once, and outlasts a restart if it can be written. */
    private interface Effect {
        void take() throws IOException;
    }

    private static boolean isKept(Effect effect) {
        try {
            effect.take();
            return true;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the report about a backup could not be saved", e);
            return false;
        }
    }

    private static void requireKept(Effect effect) throws AdminRefusedException {
        if (!isKept(effect)) {
            throw new AdminRefusedException(
                    "unavailable", "The report cannot be saved.", "See the daemon's log, and hand it in again.");
        }
    }

    /** Takes a rehearsal without a signature. It counts for nothing, and waits for a signature for a week. */
    private BackupQuestion.UnsignedRehearsal handIn(AdminRequest<BackupQuestion.HandInRehearsal> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Json.Members said = request.question().rehearsal();
        String id = rehearsals.requireSignable(seal, said, clock.instant());
        Bytes statement = Bytes.of(said.canonical());
        request.entry()
                .record(Json.object()
                        .with("unsigned", id)
                        .with("plan", said.text("plan"))
                        .with("rehearsal_sha256", statement.sha256()));
        requireKept(() -> rehearsals.keepUnsigned(said, request.peer().user(), clock.instant()));
        return new BackupQuestion.UnsignedRehearsal(id, DigestPhrase.of(statement.sha256()));
    }

    Bytes statement(Seal seal, String id) throws AdminRefusedException {
        return Bytes.of(unsigned(seal, id).said().canonical());
    }

    private RehearsalRegistry.UnsignedRehearsal unsigned(Seal seal, String id) throws AdminRefusedException {
        return rehearsals.waiting(seal, clock.instant()).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found",
                        "No rehearsal with that name waits for a signature: it was signed, is older than a week, or was replaced by a later one.",
                        "See `interlock backup status`."));
    }

    /** Takes a rehearsal that its person signed. It opens nothing. */
    private BackupQuestion.SignedRehearsal sign(AdminRequest<BackupQuestion.SignRehearsal> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        BackupQuestion.SignRehearsal asked = request.question();
        Json.Members said = asked.unsigned().isPresent()
                ? unsigned(seal, asked.unsigned().get()).said()
                : asked.rehearsal().orElseThrow();
        String signature = signatures.read(
                request,
                RehearsalAttestation.NAMESPACE,
                new SignatureReader.SignatureToRead(Bytes.of(said.canonical()), asked.signature()),
                Json.object().withOptional("unsigned", asked.unsigned()));
        String person = rehearsals.require(seal, said, signature, clock.instant());
        signatures.requireAlive(person);
        String receipt = request.entry()
                .record(Json.object()
                        .with("rehearsal", said)
                        .with("signature", signature)
                        .with("person", person)
                        .with("seal", seal.id()));
        requireKept(() -> rehearsals.keep(said, signature));
        if (!said.flag("restored")) {
            alertFailure("A rehearsed recovery did not restore everything.", said, Optional.of(receipt));
        }
        return new BackupQuestion.SignedRehearsal(receipt, person);
    }

    private void alertFailure(String summary, Json.Members said, Optional<String> receipt) {
        alert(Alert.Severity.ALARM, summary, said, String.join("; ", said.texts("wrong")), receipt);
    }

    private void alert(
            Alert.Severity severity, String summary, Json.Members said, String why, Optional<String> receipt) {
        alerts.accept(new Alert(
                Alert.AlertKind.BACKUP_TROUBLE,
                severity,
                summary,
                Map.of("plan", said.text("plan"), "backup", said.text("backup"), "why", why),
                receipt));
    }

    private Json.Members status(Seal seal, Optional<Instant> at) {
        Json.Members current = status.apply(seal, at);
        // Today's unsigned rehearsals say nothing about a past time.
        return at.isPresent()
                ? current
                : current.withItems(
                        "unsigned",
                        rehearsals.waiting(seal, clock.instant()).stream().map(BackupCommands::json));
    }

    private static Json.Members json(RehearsalRegistry.UnsignedRehearsal one) {
        return one.said()
                .with("id", one.id())
                .with("words", DigestPhrase.of(Bytes.of(one.said().canonical()).sha256()))
                .with("handed_in_by", one.by())
                .with("handed_in_at", one.since().toString());
    }
}
