package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;

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

        /** What would be left of what each plan of {@code seal} saves, after each way of losing it. */
        Json.Members status(Seal seal);
    }

    private final Keeper keeper;

    public BackupCommands(Keeper keeper) {
        this.keeper = keeper;
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
        return Json.object().with("receipt", entry.record(act));
    }

    private void keep(Json.Members said, String signature) throws AdminRefusedException {
        try {
            keeper.keep(said, signature);
        } catch (IOException e) {
            throw new AdminRefusedException(
                    "unavailable", "It cannot be kept.", "Look at the daemon's log, and hand it in again.");
        }
    }

    Json.Members status(Seal seal) {
        return keeper.status(seal);
    }
}
