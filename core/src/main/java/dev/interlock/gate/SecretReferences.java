package dev.interlock.gate;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.identity.KeyedFingerprints;
import java.nio.charset.StandardCharsets;

/**
 * The references that agents are shown in place of secrets, when an agent sends one back. The gateway never puts the
 * secret back. So a write that holds a reference would store the reference where the secret was.
 */
final class SecretReferences {

    private SecretReferences() {}

    /**
     * Returns whether {@code outgoing} holds a reference, as it would be sent. A body that is passed on unread may hold
     * one unseen.
     */
    static boolean areIn(HttpCall outgoing) {
        return outgoing.path().contains(KeyedFingerprints.REFERENCE)
                || outgoing.query().stream().anyMatch(each -> each.value().contains(KeyedFingerprints.REFERENCE))
                || (outgoing.body().length() > 0
                        && new String(outgoing.body().toArray(), StandardCharsets.ISO_8859_1)
                                .contains(KeyedFingerprints.REFERENCE));
    }

    static Refusal refusal() {
        return Refusal.notUnderstood(
                "The request contains a reference to a secret (`" + KeyedFingerprints.REFERENCE
                        + "…`), not the secret itself.",
                "Leave that value out: Interlock does not replace a reference with its secret, so the reference"
                        + " would overwrite it.");
    }
}
