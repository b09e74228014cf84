package dev.interlock.adopt;

import dev.interlock.action.Secret;

/**
 * A credential in a stream of bytes.
 *
 * @param offset of its first byte
 * @param length in bytes
 * @param line counted from 1
 */
record CredentialMatch(CredentialKind kind, long offset, int length, long line, Secret secret) {

    /** The offset behind its last byte. */
    long end() {
        return offset + length;
    }
}
