package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.KeyClass;
import java.util.List;

/**
 * A satisfied hold, for one use by {@link Confirmations#consume}. Only this package can create one. It grants nothing
 * by itself: its validity is decided when it is consumed.
 */
public final class Confirmation {

    /** A confirmation after its one use, with all its evidence; signatures and signers are in the order they came. */
    public record ConsumedConfirmation(
            String hold, String intent, Bytes statement, List<String> signatures, List<ConfirmationSigner> signers) {
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

    Confirmation(String hold, Bytes statement, List<String> signatures) {
        this.hold = hold;
        this.statement = statement;
        this.signatures = List.copyOf(signatures);
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
