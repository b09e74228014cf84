package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Enrolment;
import dev.interlock.evidence.KeyStatement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One passkey of one person.
 *
 * @param cose the public key as the authenticator gave it (RFC 9052 §7)
 * @param maker who requested its creation, and how that identity was known; empty if nobody recorded it
 * @param transports the transports by which a browser may reach the authenticator, as the authenticator reported
 * @param enrolment the evidence that it belongs to its owner; empty while it waits for that
 * @param endorsements endorsements that do not suffice yet, each by another person
 */
public record Passkey(
        KeyStatement statement,
        String maker,
        Bytes cose,
        List<String> transports,
        long counter,
        Optional<Enrolment> enrolment,
        List<String> endorsements,
        Optional<PasskeyEnd> end) {

    /** A revocation: when it happened, who did it, and their reason. */
    public record PasskeyEnd(Instant at, String by, String reason) {}

    public Passkey {
        transports = List.copyOf(transports);
        endorsements = List.copyOf(endorsements);
    }

    /** Returns its name in lists and receipts. */
    public String name() {
        return statement.name();
    }

    /** Returns whether it is enrolled and not revoked. */
    public boolean isGood() {
        return enrolment.isPresent() && end.isEmpty();
    }

    /** Returns whether it waits for an endorsement: it was made, but neither enrolled nor revoked. */
    public boolean isWaiting() {
        return enrolment.isEmpty() && end.isEmpty();
    }

    Passkey enrolled(Enrolment by) {
        return new Passkey(statement, maker, cose, transports, counter, Optional.of(by), List.of(), end);
    }

    Passkey withEndorsements(List<String> signatures) {
        return new Passkey(statement, maker, cose, transports, counter, enrolment, signatures, end);
    }

    Passkey at(long newest) {
        return new Passkey(statement, maker, cose, transports, newest, enrolment, endorsements, end);
    }

    Passkey ended(PasskeyEnd by) {
        return new Passkey(statement, maker, cose, transports, counter, enrolment, endorsements, Optional.of(by));
    }
}
