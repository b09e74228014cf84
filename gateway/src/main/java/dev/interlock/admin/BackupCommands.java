package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RehearsalAttestation;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Commands about restore tests, rehearsals and backups. Nobody is believed because they are at the socket: a key that
 * the seal names must have signed.
 */
public final class BackupCommands implements CommandGroup {

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

    private final BackupRecords keeper;
    private final SignatureReader signatures;
    private final Predicate<String> isKilled;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param isKilled whether the signatures of the person of that name count for nothing
     */
    public BackupCommands(
            BackupRecords keeper,
            SignatureReader signatures,
            Predicate<String> isKilled,
            Consumer<Alert> alerts) {
        this.keeper = keeper;
        this.signatures = signatures;
        this.isKilled = isKilled;
        this.alerts = alerts;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of("backup.attest", Entitlement.SOCKET, Set.of("attestation", "signature"), this::attest),
                Command.of("backup.check", Entitlement.SOCKET, Set.of("looked", "plan"), this::looked),
                Command.of(
                        "backup.rehearsal",
                        Entitlement.CONSOLE,
                        Set.of("rehearsal", "signature", "unsigned"),
                        this::practised),
                Command.of("backup.rehearsal.unsigned", Entitlement.SOCKET, Set.of("rehearsal"), this::rehearsed),
                Command.of("backup.plans", Entitlement.SOCKET, Set.of(), request -> standing(request.seal())),
                Command.of(
                        "backup.status",
                        Entitlement.CONSOLE,
                        Set.of("at"),
                        request -> status(request.seal(), request.question().optionalText("at"))));
    }

    /**
     * Takes an attestation of a restore test.
     *
     * <p>A good one widens: it is recorded before it counts. A bad one tightens: it counts first, even if it cannot be
     * stored. Then the answer says so, and the tester hands it in again until it can. People are alerted once.
     */
    private Json.Members attest(AdminRequest<Json.Members> request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members said = request.question().object("attestation");
        String signature = request.question().text("signature");
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
            return Json.object().with("receipt", receipt);
        }
        boolean isKept = isKept(() -> keeper.keep(seal, said, signature));
        if (isNews) {
            tell("A backup failed its restore test.", said, Optional.empty());
        }
        if (isKept) {
            return Json.object().with("receipt", entry.record(act));
        }
        return Json.object()
                .with("receipt", entry.record(act.with(KEPT, false)))
                .with(KEPT, false);
    }

    /**
     * Takes the report whether the target of a plan could be checked.
     *
     * <p>That it could not tightens: it counts first, even if it cannot be stored. Then the answer says so, and the
     * report is handed in again until it can. That it could only restores what attestations gave; it is recorded before
     * it counts.
     */
    private Json.Members looked(AdminRequest<Json.Members> request) throws AdminRefusedException, LedgerUnavailableException {
        AdminReceipts.ReceiptEntry entry = request.entry();
        Seal seal = request.seal();
        String plan = request.question().text("plan");
        boolean looked = request.question().flag("looked");
        if (!seal.backups().plans().containsKey(plan)) {
            throw new IllegalArgumentException(
                    "the seal has no plan `" + plan + "`: add it to interlock.yaml and seal");
        }
        Json.Members act = Json.object().with("plan", plan).with("looked", looked);
        boolean isNews = keeper.isUnchecked(plan) == looked;
        if (!looked) {
            Json.Members done = isKept(() -> keeper.noteCheck(plan, false)) ? act : act.with(KEPT, false);
            return isNews ? entry.completed(done.with("news", true), done) : done.with("news", false);
        }
        if (!isNews) {
            return act.with("news", false);
        }
        String receipt = entry.record(act);
        if (!isKept(() -> keeper.noteCheck(plan, true))) {
            throw notKept();
        }
        return act.with("news", true).with("receipt", receipt);
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
    private Json.Members rehearsed(AdminRequest<Json.Members> request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Json.Members said = request.question().object("rehearsal");
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
        return Json.object().with("unsigned", id).with("words", DigestPhrase.of(statement.sha256()));
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
                        "No rehearsal with that name waits for a signature: it was signed, is "
                                + "older than a week, or was replaced by a later one.",
                        "See `interlock backup status`."));
    }

    /** Takes a rehearsal that its person signed. It opens nothing. */
    private Json.Members practised(AdminRequest<Json.Members> request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Json.Members arguments = request.question();
        if (arguments.get("rehearsal").isPresent() == arguments.get("unsigned").isPresent()) {
            throw new MalformedException("`backup.rehearsal` needs either `rehearsal` or " + "`unsigned`");
        }
        Json.Members said = arguments.get("rehearsal").isPresent()
                ? arguments.object("rehearsal")
                : unsigned(seal, arguments.text("unsigned")).said();
        String signature = signatures.read(
                request,
                RehearsalAttestation.NAMESPACE,
                Bytes.of(said.canonical()),
                Json.object().withOptional("unsigned", arguments.optionalText("unsigned")));
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
        return Json.object().with("receipt", receipt).with("person", person);
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

    /** Returns which backups are counted on, for the process that makes them. No provider is asked. */
    private Json.Members standing(Seal seal) {
        return Json.object().with("plans", keeper.plans(seal));
    }

    private Json.Members status(Seal seal, Optional<String> at) {
        try {
            Json.Members status = keeper.status(seal, at.map(Instant::parse));
            // Today's unsigned rehearsals say nothing about a past time.
            return at.isPresent()
                    ? status
                    : status.withItems(
                            "unsigned", keeper.unsigned(seal).stream().map(UnsignedRehearsal::json));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("`at` must be a time such as " + "`2026-01-20T00:00:00Z`", e);
        }
    }
}
