package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.Confirmed;
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
 * Whether a proof is what it says, judged from bytes and pinned keys alone: whoever replaces {@code confirm} gains
 * nothing here. It cannot judge whether the obligations are all that policy asks for; the people who signed saw them.
 */
final class SecondCheck {

    private final VerifiedSeal verified;
    private final SealDocument seal;
    private final Need need;
    private final Instant now;

    SecondCheck(VerifiedSeal seal, Need need, Instant now) {
        this.verified = seal;
        this.seal = seal.document();
        this.need = need;
        this.now = now;
    }

    /** What is wrong with {@code proof}, as a whole sentence; empty if nothing is. */
    Optional<String> flaw(Vault.Proof proof) {
        try {
            Statement statement = Statement.read(proof.statement().toArray());
            return otherSubject(statement).or(() -> unmetObligation(statement)).or(() -> unconfirmed(statement, proof));
        } catch (MalformedException _) {
            return Optional.of("The proof holds no statement that can be read.");
        }
    }

    private Optional<String> otherSubject(Statement statement) {
        if (!statement.seal().equals(seal.id())) {
            return Optional.of("The statement was signed under another seal.");
        }
        return need.subject()
                .map(subject -> otherSubject(statement, subject))
                .orElse(Optional.of("Nothing says what the proof is for."));
    }

    private Optional<String> otherSubject(Statement statement, Need.Subject subject) {
        if (!statement.upstream().equals(need.upstream()) || !statement.lease().equals(subject.lease())) {
            return Optional.of("The statement was signed for another upstream or lease.");
        }
        // Whoever is behind the lease has stricter rules, so they must be the same ones.
        if (!statement.person().equals(subject.person())
                || !statement.behind().equals(behind(statement, subject))
                || !statement.agent().equals(subject.agent())) {
            return Optional.of("The statement was signed for another agent or person.");
        }
        if (!statement.requestDigest().equals(subject.requestDigest())) {
            return Optional.of("The statement was signed for another request.");
        }
        if (!statement.meaningDigest().equals(subject.meaningDigest())) {
            return Optional.of("The statement was signed for another meaning or blast radius.");
        }
        return otherExtent(statement);
    }

    /** By the seal that was verified here, and what policy asked for by the statement that people signed. */
    private Set<String> behind(Statement statement, Need.Subject subject) {
        return subject.signers()
                .behind(
                        verified.namesUsers(subject.agent()),
                        statement.demanded().flag("other"));
    }

    /**
     * What is needed chooses the credential, and only whoever asks says it; so it must be what the signed bytes say.
     * Digests that were copied from a statement prove that there is such a statement, and not that it is about this.
     */
    private Optional<String> otherExtent(Statement statement) {
        Set<String> impacts = new TreeSet<>();
        Set<String> environments = new TreeSet<>();
        for (Json.Members action : statement.meaning().objects("actions")) {
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
            return Optional.of("The statement asks for no quorum, and nothing here opens without one.");
        }
        if (obligations.get("rows").isPresent()) {
            return Optional.of("The statement asks for a row count that nothing can prove yet.");
        }
        // When people signed is not in what they signed; that they signed after the opening is certain.
        Instant earliest = statement.openedAt().plusSeconds(obligations.whole("cooldown_seconds"));
        return now.isBefore(earliest) ? Optional.of("The cooldown is not over.") : Optional.empty();
    }

    private Optional<String> unconfirmed(Statement statement, Vault.Proof proof) {
        Confirmed confirmed = ConfirmationCheck.check(seal, statement, proof.signatures(), now);
        return confirmed.isSatisfied()
                ? Optional.empty()
                : Optional.of(
                        "The signatures do not confirm the statement: " + String.join("; ", confirmed.unmet()) + ".");
    }
}
