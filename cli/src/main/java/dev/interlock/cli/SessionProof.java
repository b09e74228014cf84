package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.Session;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The result of comparing a recording with the ledger.
 *
 * @param sentence the text for people
 * @param receipt the first receipt of the recording, if there is one
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

    static SessionProof of(Session session, Optional<SessionFacts> facts) throws IOException {
        Set<String> altered = session.altered();
        List<Json.Members> proofs = facts.map(SessionFacts::proofs).orElse(List.of());
        Optional<Json.Members> proof =
                proofs.stream().min(Comparator.comparing(receipt -> Instant.parse(receipt.text("at"))));
        Optional<String> receipt = proof.map(one -> one.text("id"));
        if (!altered.isEmpty()) {
            return new SessionProof(
                    RecordingState.ALTERED,
                    "ALTERED: differs from the manifest: " + String.join(", ", altered),
                    receipt);
        }
        if (facts.isEmpty()) {
            return new SessionProof(
                    RecordingState.UNASKED, "unproven: the gateway cannot be asked for the receipt", receipt);
        }
        if (proof.isEmpty()) {
            return new SessionProof(
                    RecordingState.UNPROVEN,
                    "unproven: the ledger has no receipt for it, so its content proves nothing",
                    receipt);
        }
        if (!proof.get().text("manifest_sha256").equals(session.digest())) {
            return new SessionProof(
                    RecordingState.ALTERED, "ALTERED: the ledger has another digest of the manifest", receipt);
        }
        return new SessionProof(
                RecordingState.PROVEN, "unaltered: receipt " + receipt.orElse("") + " has its digest", receipt);
    }
}
