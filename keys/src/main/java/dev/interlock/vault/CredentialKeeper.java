package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The gateway's access to the credentials, wherever they are: {@link Vault} itself, or {@link KeysClient}. */
public interface CredentialKeeper {

    /**
     * Opens the one credential that covers all impacts and all environments of {@code sensed}.
     *
     * @param seal the id of the seal under which it was decided
     * @param proof of a confirmation, if the call was held
     * @throws IOException if it is unknown whether it may be opened, or it cannot be read; nothing is open then
     */
    CredentialResult open(String seal, ResolvedAttempt sensed, Optional<Vault.ConfirmationProof> proof)
            throws IOException;

    /**
     * Returns why no confirmation could open a credential for {@code sensed}, as a whole sentence; empty if one could.
     * It reads no secret. People are not asked about a call that could not be sent.
     *
     * @param seal the id of the seal under which it was decided
     * @throws IOException as {@link #open}
     */
    Optional<String> obstacle(String seal, ResolvedAttempt sensed) throws IOException;

    /**
     * Opens the credential with which the inventory itself queries {@code upstream}. It can only read.
     *
     * @throws IOException as {@link #open}
     */
    CredentialResult resolver(String seal, String upstream) throws IOException;

    /**
     * Returns the slot that holds {@code secret}, without opening any. Empty also if that cannot be found out now. If
     * too many ask at once, the upstream is left out. No call is permitted because of the result.
     */
    Optional<Vault.KnownSecret> slotHolding(Secret secret);

    /**
     * Returns a matcher for a text. It finds the secrets of all slots, those that were adopted, and the decoys left in
     * their places.
     *
     * @throws IOException if that cannot be found out now
     */
    SecretMatcher secretMatcher() throws IOException;

    /**
     * Encrypts {@code plain}, which the gateway stores under {@code name}. Only the keys process has the key.
     *
     * @throws IOException if it cannot be asked
     */
    Bytes encrypt(String name, Bytes plain) throws IOException;

    /**
     * Decrypts what {@link #encrypt} made under the same {@code name}.
     *
     * @throws IOException if it did not, or it was altered, or the keys process cannot be asked
     */
    Bytes decrypt(String name, Bytes encrypted) throws IOException;

    /** Lists the slots that hold a secret. */
    List<Vault.FilledSlot> list() throws IOException;
}
