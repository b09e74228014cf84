package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.action.Sensed;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What the gateway asks of its credentials' keeper, wherever that is: {@link Vault} itself, or {@link KeysClient}. */
public interface Keys {

    /**
     * Opens the one credential that covers all impacts and all environments of {@code sensed}.
     *
     * @param seal the id of the seal it was decided under
     * @param proof of a confirmation, if it was held
     * @throws IOException if it cannot be said whether it may be opened, or not be read; nothing is open then
     */
    Opening open(String seal, Sensed sensed, Optional<Vault.Proof> proof) throws IOException;

    /**
     * Opens the credential that the inventory itself asks {@code upstream} with. It can only read.
     *
     * @throws IOException as {@link #open}
     */
    Opening resolver(String seal, String upstream) throws IOException;

    /**
     * Which slot holds {@code secret}, found without opening any; also nobody's, if that cannot be found out now, and
     * without its upstream, if too many ask: nothing is let through for it.
     */
    Optional<Vault.Known> knows(Secret secret);

    /**
     * What finds the secrets of all slots, those that were adopted, and the decoys left in their places, in a text.
     *
     * @throws IOException if that cannot be found out now
     */
    Traces traces() throws IOException;

    /** Which slots hold a secret. */
    List<Vault.Slot> list() throws IOException;
}
