package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;

/** Which seal is in force. */
public final class SealCommands {

    /** What became of a seal that was handed in. */
    public sealed interface Result {
        /** It is in force. */
        record Adopted(String id, long sequence) implements Result {}

        /** It is not; a whole sentence says why. */
        record Rejected(String reason) implements Result {}
    }

    /** Where seals are kept and judged. */
    public interface Keeper {

        /** The least sequence that the next seal must have. */
        long next();

        /** Puts {@code envelope} in force, or says why not. */
        Result adopt(Bytes envelope) throws LedgerUnavailableException;
    }

    private final Keeper keeper;

    public SealCommands(Keeper keeper) {
        this.keeper = keeper;
    }

    Json.Members next() {
        return Json.object().with("sequence", keeper.next());
    }

    Json.Members adopt(String envelope, Acts.Entry entry) throws AdminRefusedException, LedgerUnavailableException {
        entry.record(Json.object().with("envelope_sha256", Bytes.utf8(envelope).sha256()));
        return switch (keeper.adopt(Bytes.utf8(envelope))) {
            case Result.Adopted(String id, long sequence) ->
                Json.object().with("seal", id).with("sequence", sequence);
            case Result.Rejected(String reason) ->
                throw new AdminRefusedException("refused", reason, "The seal before it stays in force.");
        };
    }
}
