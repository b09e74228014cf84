package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.RehearsalAttestation;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Commands about restore tests, rehearsals and backups. Nobody is believed because they are at the socket: a key that
 * the seal names must have signed.
 *
 * @param isKilled whether the signatures of the person of that name count for nothing
 */
public record BackupCommands(
        BackupRecords keeper, SignatureReader signatures, Predicate<String> isKilled, Consumer<Alert> alerts)
        implements CommandGroup {

    /** Judges and stores attestations of restore tests and rehearsals. */
    public interface BackupRecords {

        /**
         * Requires that {@code said} counts under {@code seal}, and is new, or would be new after a restart.
         *
         * @return whether it is new
         * @throws IllegalArgumentException if not; the message says why
         */
        boolean require(Seal seal, Json.Members said, String signature);

        /**
         * Stores it under {@code seal}.
         *
         * @throws IOException if it may be lost by a restart
         */
        void keep(Seal seal, Json.Members said, String signature) throws IOException;

        /**
         * Requires that {@code said} is a rehearsal that counts under {@code seal}, and is new.
         *
         * @return the person who did it
         * @throws IllegalArgumentException if not; the message says why
         */
        String requireRehearsal(Seal seal, Json.Members said, String signature);

        /**
         * Stores a rehearsal.
         *
         * @throws IOException if it may be lost by a restart
         */
        void storeRehearsal(Json.Members said, String signature) throws IOException;

        /**
         * Requires that {@code said} is a rehearsal that a signature would make count under {@code seal}.
         *
         * @return its name until it is signed
         * @throws IllegalArgumentException if not; the message says why
         */
        String requireSignable(Seal seal, Json.Members said);

        /**
         * Stores an unsigned rehearsal that the user {@code by} handed in.
         *
         * @throws IOException if it may be lost by a restart
         */
        void storeUnsigned(Json.Members said, String by) throws IOException;

        /** Returns the rehearsals that wait to be signed, oldest first. */
        List<UnsignedRehearsal> unsigned(Seal seal);

        /**
         * Returns for each plan: {@code counted}, the backup that counts, if any; {@code failed}, the tested backups
         * that do not count; {@code tried}, when each of them was tested. From {@code tried} a tester knows which
         * attestations did not arrive.
         */
        Json.Members plans(Seal seal);

        /**
         * Notes whether the target of {@code plan} could be checked. While it could not, none of the plan's backups
         * counts.
         *
         * @throws IOException if that may be lost by a restart
         */
        void noteCheck(String plan, boolean looked) throws IOException;

        /** Returns whether the target of {@code plan} could not be checked, by the last report about it. */
        boolean isUnchecked(String plan);

        /**
         * Returns a sentence if the last restored backup of {@code plan} is of another source, or on another target,
         * than the one before it.
         */
        Optional<String> moved(Seal seal, String plan);

        /**
         * Returns what would be left of everything that holds data, after each way of losing it.
         *
         * @param at the time to judge, by what is known today; now unless given
         * @throws IllegalArgumentException if that time is yet to come
         */
        Json.Members status(Seal seal, Optional<Instant> at);
    }

    /**
     * A rehearsal that nobody has signed yet.
     *
     * @param said exactly what is to be signed
     * @param by the user of the machine who handed it in
     */
    public record UnsignedRehearsal(String id, Json.Members said, String by, Instant since) {

        private Bytes statement() {
            return Bytes.of(said.canonical());
        }

        private Json.Members json() {
            return said.with("id", id)
                    .with("words", DigestPhrase.of(statement().sha256()))
                    .with("handed_in_by", by)
                    .with("handed_in_at", since.toString());
        }
    }

    private static final System.Logger LOG = System.getLogger(BackupCommands.class.getName());

    private static final String KEPT = "kept";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(BackupQuestion.AttestBackup.class, this::attest),
                Command.of(BackupQuestion.CheckTarget.class, this::looked),
                Command.of(BackupQuestion.SignRehearsal.class, this::practised),
                Command.of(BackupQuestion.HandInRehearsal.class, this::rehearsed),
                // For the process that makes backups. No provider is asked.
                Command.of(
                        BackupQuestion.ListPlans.class,
                        request -> new BackupQuestion.Plans(keeper.plans(request.seal()))),
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
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members said = request.question().attestation();
        String signature = request.question().signature();
        boolean isNews = keeper.require(seal, said, signature);
        Json.Members act = Json.object()
                .with("attestation", said)
                .with("signature", signature)
                .with("seal", seal.id());
        if (said.flag("restored")) {
            // It counts and is recorded already, but was not stored: a second try to store it gets no second receipt.
            if (!isNews && !isKept(() -> keeper.keep(seal, said, signature))) {
                throw notKept();
            }
            String receipt = entry.record(act);
            Optional<String> before = keeper.moved(seal, said.text("plan"));
            if (isNews && !isKept(() -> keeper.keep(seal, said, signature))) {
                throw notKept();
            }
            keeper.moved(seal, said.text("plan"))
                    .filter(now -> before.filter(now::equals).isEmpty())
                    .ifPresent(now -> tellMoved(now, said, receipt));
            return new BackupQuestion.AttestedBackup(receipt, Optional.empty());
        }
        boolean isKept = isKept(() -> keeper.keep(seal, said, signature));
        if (isNews) {
            tell("A backup failed its restore test.", said, Optional.empty());
        }
        if (isKept) {
            return new BackupQuestion.AttestedBackup(entry.record(act), Optional.empty());
        }
        return new BackupQuestion.AttestedBackup(entry.record(act.with(KEPT, false)), Optional.of(false));
    }

    /**
     * Takes the report whether the target of a plan could be checked.
     *
     * <p>That it could not tightens: it counts first, even if it cannot be stored. Then the answer says so, and the
     * report is handed in again until it can. That it could only restores what attestations gave; it is recorded before
     * it counts.
     */
    private BackupQuestion.CheckedTarget looked(AdminRequest<BackupQuestion.CheckTarget> request)
            throws AdminRefusedException, LedgerUnavailableException {
        AdminReceipts.ReceiptEntry entry = request.entry();
        Seal seal = request.seal();
        String plan = request.question().plan();
        boolean looked = request.question().looked();
        if (!seal.backups().plans().containsKey(plan)) {
            throw new IllegalArgumentException(
                    "the seal has no plan `" + plan + "`: add it to interlock.yaml and seal");
        }
        Json.Members act = Json.object().with("plan", plan).with("looked", looked);
        boolean isNews = keeper.isUnchecked(plan) == looked;
        if (!looked) {
            Optional<Boolean> kept =
                    isKept(() -> keeper.noteCheck(plan, false)) ? Optional.empty() : Optional.of(false);
            Optional<Boolean> recorded =
                    isNews ? Optional.of(entry.done(kept.isPresent() ? act.with(KEPT, false) : act)) : Optional.empty();
            return new BackupQuestion.CheckedTarget(plan, false, isNews, Optional.empty(), recorded, kept);
        }
        if (!isNews) {
            return new BackupQuestion.CheckedTarget(
                    plan, true, false, Optional.empty(), Optional.empty(), Optional.empty());
        }
        String receipt = entry.record(act);
        if (!isKept(() -> keeper.noteCheck(plan, true))) {
            throw notKept();
        }
        return new BackupQuestion.CheckedTarget(
                plan, true, true, Optional.of(receipt), Optional.empty(), Optional.empty());
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

    /** Takes a rehearsal without a signature. It counts for nothing, and waits for a signature for a week. */
    private BackupQuestion.UnsignedRehearsal rehearsed(AdminRequest<BackupQuestion.HandInRehearsal> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Json.Members said = request.question().rehearsal();
        String id = keeper.requireSignable(seal, said);
        Bytes statement = Bytes.of(said.canonical());
        request.entry()
                .record(Json.object()
                        .with("unsigned", id)
                        .with("plan", said.text("plan"))
                        .with("rehearsal_sha256", statement.sha256()));
        try {
            keeper.storeUnsigned(said, request.peer().user());
        } catch (IOException e) {
            throw notKept();
        }
        return new BackupQuestion.UnsignedRehearsal(id, DigestPhrase.of(statement.sha256()));
    }

    /** Returns what is to be signed of the rehearsal {@code id}. */
    Bytes statement(Seal seal, String id) throws AdminRefusedException {
        return unsigned(seal, id).statement();
    }

    private UnsignedRehearsal unsigned(Seal seal, String id) throws AdminRefusedException {
        return keeper.unsigned(seal).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found",
                        "No rehearsal with that name waits for a signature: it was signed, is older than a week, or"
                                + " was replaced by a later one.",
                        "See `interlock backup status`."));
    }

    /** Takes a rehearsal that its person signed. It opens nothing. */
    private BackupQuestion.SignedRehearsal practised(AdminRequest<BackupQuestion.SignRehearsal> request)
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
        String person = keeper.requireRehearsal(seal, said, signature);
        requireAlive(person);
        String receipt = request.entry()
                .record(Json.object()
                        .with("rehearsal", said)
                        .with("signature", signature)
                        .with("person", person)
                        .with("seal", seal.id()));
        try {
            keeper.storeRehearsal(said, signature);
        } catch (IOException e) {
            throw notKept();
        }
        if (!said.flag("restored")) {
            tell("A rehearsed recovery did not restore everything.", said, Optional.of(receipt));
        }
        return new BackupQuestion.SignedRehearsal(receipt, person);
    }

    private void requireAlive(String person) throws AdminRefusedException {
        if (isKilled.test(person)) {
            throw new AdminRefusedException(
                    "refused", "`" + person + "` is stopped by a kill and cannot sign.", "Lift the kill first.");
        }
    }

    private void tell(String summary, Json.Members said, Optional<String> receipt) {
        alerts.accept(new Alert(
                Alert.AlertKind.BACKUP_TROUBLE,
                Alert.Severity.ALARM,
                summary,
                Map.of(
                        "plan",
                        said.text("plan"),
                        "backup",
                        said.text("backup"),
                        "why",
                        String.join("; ", said.texts("wrong"))),
                receipt));
    }

    /**
     * Alerts that a plan's backups moved. They count all the same: the tester certifies the backup, and sources do
     * move.
     */
    private void tellMoved(String words, Json.Members said, String receipt) {
        alerts.accept(new Alert(
                Alert.AlertKind.BACKUP_TROUBLE,
                Alert.Severity.WARNING,
                "Backups now have another source or target than before.",
                Map.of("plan", said.text("plan"), "backup", said.text("backup"), "why", words),
                Optional.of(receipt)));
    }

    private static AdminRefusedException notKept() {
        return new AdminRefusedException(
                "unavailable", "The report cannot be saved.", "See the daemon's log, and hand it in again.");
    }

    private Json.Members status(Seal seal, Optional<Instant> at) {
        Json.Members status = keeper.status(seal, at);
        // Today's unsigned rehearsals say nothing about a past time.
        return at.isPresent()
                ? status
                : status.withItems("unsigned", keeper.unsigned(seal).stream().map(UnsignedRehearsal::json));
    }
}
