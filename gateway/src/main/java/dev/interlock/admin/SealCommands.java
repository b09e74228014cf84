package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Commands about the seal in force. */
public record SealCommands(SealStorage keeper) implements CommandGroup {

    /** The result of handing in a seal. */
    public sealed interface Result {
        /** It is in force. */
        record Adopted(String id, long sequence) implements Result {}

        /** It is in force, but its file could not be written; without that file no credential is opened. */
        record SealFileFailed(long sequence, String why) implements Result {}

        /** It is not in force; the reason is a whole sentence. */
        record Rejected(String reason) implements Result {}
    }

    /**
     * A seal that is or was in force.
     *
     * @param payload the signed content
     * @param signedBy the fingerprints of the pinned keys that signed it
     * @param before the id of the seal that was in force before it, if that is stored
     * @param loosened what the seal before required of backups and this one does not, as sentences
     */
    public record StoredSeal(
            String id, Json.Members payload, Set<String> signedBy, Optional<String> before, List<String> loosened) {
        public StoredSeal {
            signedBy = Set.copyOf(signedBy);
            loosened = List.copyOf(loosened);
        }
    }

    /** Stores seals and judges new ones. */
    public interface SealStorage {

        /** Returns the least sequence that the next seal must have. */
        long next();

        /**
         * Returns the seal {@code id}, or the one in force, verified again; empty if it is not stored, or there is
         * none.
         */
        Optional<StoredSeal> stored(Optional<String> id);

        /** Puts {@code envelope} in force, or returns why not. */
        Result adopt(Bytes envelope) throws LedgerUnavailableException;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        EvidenceQuestion.AdoptSeal.class,
                        request -> adopt(request.question().envelope(), request.entry())),
                Command.of(EvidenceQuestion.FindNextSeal.class, _ -> new EvidenceQuestion.NextSeal(keeper.next())),
                Command.of(
                        EvidenceQuestion.ShowSeal.class,
                        request -> show(request.question().seal())));
    }

    private EvidenceQuestion.ShownSeal show(Optional<String> id) throws AdminRefusedException {
        StoredSeal kept = keeper.stored(id)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no such seal in force or stored here.", "See `interlock status`."));
        return new EvidenceQuestion.ShownSeal(
                kept.id(), kept.payload(), kept.signedBy().stream().sorted().toList(), kept.loosened(), kept.before());
    }

    private EvidenceQuestion.AdoptedSeal adopt(String envelope, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        entry.record(Json.object().with("envelope_sha256", Bytes.utf8(envelope).sha256()));
        return switch (keeper.adopt(Bytes.utf8(envelope))) {
            case Result.Adopted(String id, long sequence) -> new EvidenceQuestion.AdoptedSeal(id, sequence);
            case Result.SealFileFailed(long sequence, String why) ->
                throw new AdminRefusedException(
                        "unavailable",
                        "Seal " + sequence + " is in force, but its file could not be written (" + why
                                + "), and without the file no credential can be opened.",
                        "Free disk space for the gateway's data, and seal the same again.");
            case Result.Rejected(String reason) ->
                throw new AdminRefusedException("refused", reason, "The previous seal stays in force.");
        };
    }
}
