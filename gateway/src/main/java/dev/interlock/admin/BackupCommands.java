package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What came of trying backups. Nobody is believed at the socket: a key that the seal names must have signed it. */
public final class BackupCommands {

    /** Where such words are judged and kept. */
    public interface Keeper {

        /**
         * Requires that {@code said} counts under {@code seal}, and is news.
         *
         * @throws IllegalArgumentException if not; the message says why
         */
        void require(Seal seal, Json.Members said, String signature);

        /** Keeps it. @throws IOException if it may be gone after a restart */
        void keep(Json.Members said, String signature) throws IOException;

        /**
         * Requires that {@code said} is a rehearsal that counts under {@code seal}, and is news; who did it.
         *
         * @throws IllegalArgumentException if not; the message says why
         */
        String requirePractised(Seal seal, Json.Members said, String signature);

        /** Keeps a rehearsal. @throws IOException if it may be gone after a restart */
        void keepPractised(Json.Members said, String signature) throws IOException;

        /**
         * What would be left of everything that holds data, after each way of losing it.
         *
         * @param at as of when, by what is known today; now unless given
         * @throws IllegalArgumentException if that is yet to come
         */
        Json.Members status(Seal seal, Optional<Instant> at);
    }

    private final Keeper keeper;
    private final Consumer<Alert> alerts;

    public BackupCommands(Keeper keeper, Consumer<Alert> alerts) {
        this.keeper = keeper;
        this.alerts = alerts;
    }

    /** A good word widens, and is a receipt before it counts; a bad one tightens, and counts first. */
    Json.Members attest(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Json.Members said = arguments.object("attestation");
        String signature = arguments.text("signature");
        keeper.require(seal, said, signature);
        Json.Members act = Json.object()
                .with("attestation", said)
                .with("signature", signature)
                .with("seal", seal.id());
        if (said.flag("restored")) {
            String receipt = entry.record(act);
            keep(said, signature);
            return Json.object().with("receipt", receipt);
        }
        keep(said, signature);
        tell("A backup is worth nothing.", said, Optional.empty());
        return Json.object().with("receipt", entry.record(act));
    }

    /** A word of somebody's about themselves: it opens nothing. */
    Json.Members practised(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Json.Members said = arguments.object("rehearsal");
        String signature = arguments.text("signature");
        String person = keeper.requirePractised(seal, said, signature);
        String receipt = entry.record(Json.object()
                .with("rehearsal", said)
                .with("signature", signature)
                .with("person", person)
                .with("seal", seal.id()));
        try {
            keeper.keepPractised(said, signature);
        } catch (IOException e) {
            throw notKept();
        }
        if (!said.flag("restored")) {
            tell("A recovery that was practised brought not everything back.", said, Optional.of(receipt));
        }
        return Json.object().with("receipt", receipt).with("person", person);
    }

    private void tell(String summary, Json.Members said, Optional<String> receipt) {
        alerts.accept(new Alert(
                Alert.Rule.BACKUP_TROUBLE,
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

    private static AdminRefusedException notKept() {
        return new AdminRefusedException(
                "unavailable", "It cannot be kept.", "Look at the daemon's log, and hand it in again.");
    }

    private void keep(Json.Members said, String signature) throws AdminRefusedException {
        try {
            keeper.keep(said, signature);
        } catch (IOException e) {
            throw notKept();
        }
    }

    Json.Members status(Seal seal, Optional<String> at) {
        try {
            return keeper.status(seal, at.map(Instant::parse));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("`at` is a time such as `2026-01-20T00:00:00Z`", e);
        }
    }
}
