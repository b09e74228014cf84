package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.Session;
import java.util.Optional;

/**
 * The result of comparing a recording with the ledger.
 *
 * @param sentence the text for people
 * @param receipt the receipt of the recording, if there is one
 */
record SessionProof(RecordingState standing, String sentence, Optional<String> receipt) {

    /** Tells whether the recording is unchanged. */
    enum RecordingState implements Keyword {
        PROVEN(ExitCodes.OK),
        ALTERED(ExitCodes.NO),
        UNPROVEN(ExitCodes.NO),
        UNASKED(ExitCodes.UNAVAILABLE);

        private final int exit;

        RecordingState(int exit) {
            this.exit = exit;
        }

        int exit() {
            return exit;
        }
    }

    static SessionProof of(Session session, Optional<SessionFacts> facts) {
        Optional<Json.Members> proof = facts.flatMap(SessionFacts::proof);
        Optional<String> receipt = proof.map(one -> one.text("id"));
        if (session.isAltered()) {
            return new SessionProof(RecordingState.ALTERED, "ALTERED: the output differs from the manifest", receipt);
        }
        if (facts.isEmpty()) {
            return new SessionProof(
                    RecordingState.UNASKED, "unproven: the gateway cannot be asked for the receipt", receipt);
        }
        if (proof.isEmpty()) {
            return new SessionProof(
                    RecordingState.UNPROVEN,
                    "unproven: this gateway's ledger has no receipt for it, so its content proves nothing",
                    receipt);
        }
        return proof.get().text("manifest_sha256").equals(session.digest())
                ? new SessionProof(
                        RecordingState.PROVEN, "unaltered: receipt " + receipt.orElse("") + " has its digest", receipt)
                : new SessionProof(
                        RecordingState.ALTERED, "ALTERED: the ledger has another digest of the manifest", receipt);
    }
}
