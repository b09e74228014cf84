package dev.interlock.adminapi;

import dev.interlock.evidence.Json;

/**
 * A statement as a person signed it.
 *
 * @param signature an SSHSIG in armor, or an assertion of a passkey as an object or as text
 */
public record SignedStatement(String statement, Json signature) {

    public SignedStatement(String statement, String signature) {
        this(statement, new Json.Text(signature));
    }
}
