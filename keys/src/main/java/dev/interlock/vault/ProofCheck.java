package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ConfirmationResult;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Verifies a proof from bytes and pinned keys alone, so that replacing {@code confirm} gains nothing. It cannot judge
 * whether the obligations are all that policy requires; the people who signed saw them.
 */
final class ProofCheck {

    private final VerifiedSeal verified;
    private final SealDocument seal;
    private final CredentialNeed need;
    private final Instant now;

    ProofCheck(VerifiedSeal seal, CredentialNeed need, Instant now) {
        this.verified = seal;
        this.seal = seal.document();
        this.need = need;
        this.now = now;
    }

    /** Returns what is wrong with {@code proof}, as a whole sentence; empty if nothing is. */
    Optional<String> flaw(Vault.ConfirmationProof proof) {
        try {
            Statement statement = Statement.read(proof.statement().toArray());
            return otherSubject(statement, proof)
                    .or(() -> unmetObligation(statement))
                    .or(() -> proof.use().isPresent() ? Optional.empty() : unconfirmed(statement, proof));
        } catch (MalformedException _) {
            return Optional.of("The proof contains no readable statement.");
        }
    }

    private Optional<String> otherSubject(Statement statement, Vault.ConfirmationProof proof) {
        if (!statement.seal().equals(seal.id())) {
            return Optional.of("The statement was signed under another seal.");
        }
        return need.subject()
                .map(subject -> otherSubject(statement, subject, proof))
                .orElse(Optional.of("The proof has no upstream or request to check it against."));
    }

    private Optional<String> otherSubject(
            Statement statement, CredentialNeed.ProofSubject subject, Vault.ConfirmationProof proof) {
        if (!statement.upstream().equals(need.upstream()) || !statement.lease().equals(subject.lease())) {
            return Optional.of("The statement was signed for another upstream or lease.");
        }
        // Stricter rules apply to the people behind the lease, so they must be the same ones.
        if (!statement.person().equals(subject.person())
                || !statement.behind().equals(behind(statement, subject))
                || !statement.agent().equals(subject.agent())) {
            return Optional.of("The statement was signed for another agent or person.");
        }
        if (proof.use().isPresent()) {
            return ungranted(statement, subject, proof, proof.use().get());
        }
        if (!statement.requestDigest().equals(subject.requestDigest())) {
            return Optional.of("The statement was signed for another request.");
        }
        if (!statement.meaningDigest().equals(subject.meaningDigest())) {
            return Optional.of("The statement was signed for another meaning or blast radius.");
        }
        return otherExtent(statement.meaning());
    }

    /**
     * Returns why this use of a grant does not cover the call; its meaning and request must be those that the call has.
     */
    private Optional<String> ungranted(
            Statement statement,
            CredentialNeed.ProofSubject subject,
            Vault.ConfirmationProof proof,
            Vault.GrantUse use) {
        if (!use.meaning().sha256().equals(subject.meaningDigest())) {
            return Optional.of("The use of a grant states another meaning or blast radius.");
        }
        if (!use.request().sha256().equals(subject.requestDigest())) {
            return Optional.of("The use of a grant states another request.");
        }
        Json.Members meaning = Json.readObject(use.meaning().toArray());
        CallGrant.GrantedCall call =
                CallGrant.GrantedCall.of(meaning, Json.readObject(use.request().toArray()));
        Optional<String> objection = CallGrant.objection(seal, statement, proof.signatures(), call, now);
        if (objection.isPresent()) {
            return Optional.of("People have not granted this call: " + objection.get() + ".");
        }
        // INVARIANT: each number opens once, so a grant of n calls opens n times.
        long most = CallGrant.of(statement, proof.signatures()).orElseThrow().calls();
        return use.number() < 1 || use.number() > most
                ? Optional.of("All calls that people granted have been made.")
                : otherExtent(meaning);
    }

    /** By the seal that was verified here and the obligations that people signed. */
    private Set<String> behind(Statement statement, CredentialNeed.ProofSubject subject) {
        return subject.signers()
                .behind(
                        verified.namesUsers(subject.agent()),
                        statement.obligations().flag("other"));
    }

    // The need chooses the credential, and only the caller states it, so it must equal the signed bytes: copied digests
    // prove that such a statement exists, and not that it is about this attempt.
    private Optional<String> otherExtent(Json.Members meaning) {
        Set<String> impacts = new TreeSet<>();
        Set<String> environments = new TreeSet<>();
        for (Json.Members action : meaning.objects("actions")) {
            impacts.addAll(action.texts("impacts"));
            action.objects("resources").forEach(resource -> environments.addAll(resource.texts("environments")));
        }
        Set<String> needed = need.impacts().stream().map(Impact::word).collect(Collectors.toSet());
        return impacts.equals(needed) && environments.equals(need.environments())
                ? Optional.empty()
                : Optional.of("The statement was signed for other impacts or environments.");
    }

    private Optional<String> unmetObligation(Statement statement) {
        Json.Members obligations = statement.obligations();
        if (obligations.items("confirm").isEmpty()) {
            return Optional.of("The statement requires no quorum, but this credential needs one.");
        }
        if (obligations.get("rows").isPresent()) {
            return Optional.of("The statement requires a row count, which cannot be proved yet.");
        }
        // The signed bytes do not hold the time of signing, but people certainly signed after the opening.
        Instant earliest = statement.openedAt().plusSeconds(obligations.whole("cooldown_seconds"));
        return now.isBefore(earliest) ? Optional.of("The cooldown has not ended.") : Optional.empty();
    }

    private Optional<String> unconfirmed(Statement statement, Vault.ConfirmationProof proof) {
        ConfirmationResult confirmed = ConfirmationCheck.check(seal, statement, proof.signatures(), now);
        return confirmed.isSatisfied()
                ? Optional.empty()
                : Optional.of(
                        "The signatures do not confirm the statement: " + String.join("; ", confirmed.unmet()) + ".");
    }
}
