package dev.interlock.front.http;

import java.io.IOException;

/** Thrown for an answer with a credential that the agent must not have; the rest of it is not passed on. */
final class SecretInAnswerException extends IOException {

    private static final long serialVersionUID = 1;

    SecretInAnswerException() {
        super("it contains a credential that Interlock stores");
    }
}
