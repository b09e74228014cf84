package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which seal is in force. */
public final class SealCommands implements CommandGroup {

    /** What became of a seal that was handed in. */
    public sealed interface Result {
        /** It is in force. */
        record Adopted(String id, long sequence) implements Result {}

        /** It is in force, but its file, without which no credential is opened, could not be written. */
        record Unkept(long sequence, String why) implements Result {}

        /** It is not; a whole sentence says why. */
        record Rejected(String reason) implements Result {}
    }

    /**
     * A seal that is or was in force.
     *
     * @param payload as it was signed
     * @param signedBy the fingerprints of the pinned keys that signed it
     * @param before the id of the one that was in force before it, if that is kept
     * @param loosened what that one asked of backups and this does not, in words
     */
    public record Kept(
            String id, Json.Members payload, Set<String> signedBy, Optional<String> before, List<String> loosened) {
        public Kept {
            signedBy = Set.copyOf(signedBy);
            loosened = List.copyOf(loosened);
        }
    }

    /** Where seals are kept and judged. */
    public interface Keeper {

        /** The least sequence that the next seal must have. */
        long next();

        /** The seal {@code id}, or the one in force, verified again; empty if it is not kept, or there is none. */
        Optional<Kept> kept(Optional<String> id);

        /** Puts {@code envelope} in force, or says why not. */
        Result adopt(Bytes envelope) throws LedgerUnavailableException;
    }

    private final Keeper keeper;

    public SealCommands(Keeper keeper) {
        this.keeper = keeper;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of(
                        "seal.adopt",
                        Entitlement.SOCKET,
                        Set.of("envelope"),
                        request -> adopt(request.text("envelope"), request.entry())),
                Command.of("seal.next", Entitlement.SOCKET, Set.of(), _ -> next()),
                Command.of(
                        "seal.show",
                        Entitlement.CONSOLE,
                        Set.of("seal"),
                        request -> show(request.optionalText("seal"))));
    }

    private Json.Members next() {
        return Json.object().with("sequence", keeper.next());
    }

    private Json.Members show(Optional<String> id) throws AdminRefusedException {
        Kept kept = keeper.kept(id)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such seal is in force or kept here.", "See `interlock status`."));
        return Json.object()
                .with("seal", kept.id())
                .with("payload", kept.payload())
                .withTexts("signed_by", kept.signedBy().stream().sorted().toList())
                .withTexts("loosened", kept.loosened())
                .withOptional("before", kept.before());
    }

    private Json.Members adopt(String envelope, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        entry.record(Json.object().with("envelope_sha256", Bytes.utf8(envelope).sha256()));
        return switch (keeper.adopt(Bytes.utf8(envelope))) {
            case Result.Adopted(String id, long sequence) ->
                Json.object().with("seal", id).with("sequence", sequence);
            case Result.Unkept(long sequence, String why) ->
                throw new AdminRefusedException(
                        "unavailable",
                        "Seal " + sequence + " is in force, but its file could not be written (" + why
                                + "), without which no credential is opened.",
                        "Make room where the gateway's data lies, and seal the same again.");
            case Result.Rejected(String reason) ->
                throw new AdminRefusedException("refused", reason, "The seal before it stays in force.");
        };
    }
}
