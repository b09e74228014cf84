package dev.interlock.undo;

import dev.interlock.action.Bytes;
import java.io.IOException;

/** Encrypts states with a key that the gateway does not have. */
public interface StateCipher {

    /**
     * Encrypts {@code plain}, which is stored under {@code name}.
     *
     * @throws IOException if the owner of the key cannot be asked
     */
    Bytes encrypt(String name, Bytes plain) throws IOException;

    /**
     * Decrypts what {@link #encrypt} made under the same {@code name}.
     *
     * @throws IOException if it did not, or it was altered, or the owner of the key cannot be asked
     */
    Bytes decrypt(String name, Bytes encrypted) throws IOException;
}
