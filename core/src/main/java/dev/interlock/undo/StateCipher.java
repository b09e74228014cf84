package dev.interlock.undo;

import dev.interlock.action.Bytes;
import java.io.IOException;

/** Encrypts states with a key that the gateway does not have. */
public interface StateCipher {

    /** Encrypts {@code plain}, which is stored under {@code name}. */
    Bytes encrypt(String name, Bytes plain) throws IOException;

    /** Decrypts what was encrypted under {@code name}, unaltered. */
    Bytes decrypt(String name, Bytes encrypted) throws IOException;
}
