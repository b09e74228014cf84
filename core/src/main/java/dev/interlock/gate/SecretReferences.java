package dev.interlock.gate;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.identity.Fingerprints;
import java.nio.charset.StandardCharsets;

/**
 * What agents are shown in the place of secrets, on its way back. Nothing puts the secret in again, so that a write
 * that holds a reference would put that where the secret was.
 */
final class SecretReferences {

    private SecretReferences() {}

    /** Whether one stands in {@code outgoing}, as it would be sent. Bytes that nobody reads may hold one unseen. */
    static boolean areIn(HttpCall outgoing) {
        return outgoing.path().contains(Fingerprints.REFERENCE)
                || outgoing.query().stream().anyMatch(each -> each.value().contains(Fingerprints.REFERENCE))
                || (outgoing.body().length() > 0
                        && new String(outgoing.body().toArray(), StandardCharsets.ISO_8859_1)
                                .contains(Fingerprints.REFERENCE));
    }

    static Refusal refusal() {
        return Refusal.notUnderstood(
                "The request holds a reference to a secret (`" + Fingerprints.REFERENCE
                        + "…`), which is not the secret itself.",
                "Leave that value out: nothing puts the secret in its place, and the reference would overwrite it.");
    }
}
