package dev.interlock.adopt;

import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;

/** A credential in a stream of bytes. Offset and length are in bytes; the line is counted from 1. */
record CredentialMatch(CredentialKind kind, long offset, int length, long line, Secret secret) {

    long end() {
        return offset + length;
    }
}
