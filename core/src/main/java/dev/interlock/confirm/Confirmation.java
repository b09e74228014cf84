package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.KeyClass;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A satisfied hold, for one use by {@link Confirmations#consume}. Only this package can create one. It grants nothing
 * by itself: its validity is decided when it is consumed.
 */
public final class Confirmation {

    /**
     * A confirmation after its one use, with all its evidence; signatures and signers are in the order they came. A
     * call that was granted with it has the number of its {@code use}.
     */
    public record ConsumedConfirmation(
            String hold,
            String intent,
            Bytes statement,
            List<String> signatures,
            List<ConfirmationSigner> signers,
            OptionalLong use) {
        public ConsumedConfirmation {
            signatures = List.copyOf(signatures);
            signers = List.copyOf(signers);
        }

        public List<String> people() {
            return signers.stream().map(ConfirmationSigner::person).toList();
        }
    }

    /** One person who signed, and the resource's name as they typed it; empty if they were not asked to. */
    public record ConfirmationSigner(String person, KeyClass keyClass, String key, String typed) {}

    private final String hold;
    private final Bytes statement;
    private final List<String> signatures;
    private final Optional<String> grantedRequest;
    private final List<Hold> recent;

    Confirmation(
            String hold, Bytes statement, List<String> signatures, Optional<String> grantedRequest, List<Hold> recent) {
        this.hold = hold;
        this.statement = statement;
        this.signatures = List.copyOf(signatures);
        this.grantedRequest = grantedRequest;
        this.recent = List.copyOf(recent);
    }

    /**
     * Returns that of {@code hold}.
     *
     * @param grantedRequest the request, a call like the confirmed one, for which people granted it
     * @param recent the holds among which it was found, if it is in no plan and they alone decided
     */
    static Confirmation of(Hold hold, Optional<String> grantedRequest, List<Hold> recent) {
        Bytes statement = Bytes.of(hold.statement().canonical());
        return new Confirmation(hold.id(), statement, HoldPhrases.armored(hold), grantedRequest, recent);
    }

    /** Returns whether people confirmed another call, and granted this one with it. */
    public boolean isGranted() {
        return grantedRequest.isPresent();
    }

    /** Returns whether the next step of a plan may wait for the end of its call. */
    public boolean mayBeStep() {
        return !isGranted() && recent.isEmpty();
    }

    List<Hold> recent() {
        return recent;
    }

    /** Returns the digest of the request that it was granted for. */
    Optional<String> grantedRequest() {
        return grantedRequest;
    }

    /** {@code H-} and a ULID. */
    public String hold() {
        return hold;
    }

    /** The bytes that were signed. The intent carries them before the confirmation is consumed. */
    public Bytes statement() {
        return statement;
    }

    /** The armored SSHSIGs over {@link #statement}. */
    public List<String> signatures() {
        return signatures;
    }
}
