package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.evidence.SeenIntent;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The gateway's access to the credentials, wherever they are: {@link Vault} itself, or {@link KeysClient}. */
public interface CredentialKeeper {

    /**
     * Opens the one credential that covers all impacts and environments of {@code sensed}, decided under the seal
     * {@code seal}, which may demand that witnesses have {@code seen} its intent. If an {@link IOException} says that
     * it is unknown whether it may be opened, nothing is open.
     */
    CredentialResult open(
            String seal, ResolvedAttempt sensed, Optional<Vault.ConfirmationProof> proof, Optional<SeenIntent> seen)
            throws IOException;

    /**
     * Returns why no confirmation could open a credential for {@code sensed}, as a whole sentence; empty if one could.
     * It reads no secret: people are not asked about a call that could not be sent.
     */
    Optional<String> obstacle(String seal, ResolvedAttempt sensed) throws IOException;

    /** Opens the credential with which the inventory itself queries {@code upstream}; it can only read. */
    CredentialResult resolver(String seal, String upstream) throws IOException;

    /**
     * Returns the slot that holds {@code secret}, without opening any; empty also if that cannot be found out now. If
     * too many ask at once, the upstream is left out. No call is permitted because of the result.
     */
    Optional<Vault.KnownSecret> slotHolding(Secret secret);

    /** Returns a matcher for the secrets of all slots, those that were adopted, and the decoys left in their places. */
    SecretMatcher secretMatcher() throws IOException;

    /** Encrypts {@code plain}, which the gateway stores under {@code name}. Only the keys process has the key. */
    Bytes encrypt(String name, Bytes plain) throws IOException;

    /** Decrypts what {@link #encrypt} made under the same {@code name}, unless it was altered. */
    Bytes decrypt(String name, Bytes encrypted) throws IOException;

    List<Vault.FilledSlot> list() throws IOException;
}
