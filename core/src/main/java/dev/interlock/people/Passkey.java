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
 * @param statement whose it is to be
 * @param cose its public key as the authenticator gave it (RFC 9052 §7)
 * @param maker who asked for it to be made, and how that was known; empty if nobody wrote it down
 * @param transports how a browser may reach the authenticator, as it said itself
 * @param counter of its last signature; 0 if it has none
 * @param enrolment what makes it theirs; empty while it waits for that
 * @param vouched signatures for it that do not suffice yet, each by another person
 * @param end that somebody revoked it
 */
public record Passkey(
        KeyStatement statement,
        String maker,
        Bytes cose,
        List<String> transports,
        long counter,
        Optional<Enrolment> enrolment,
        List<String> vouched,
        Optional<End> end) {

    /** That somebody revoked it, when, and why in their words. */
    public record End(Instant at, String by, String reason) {}

    public Passkey {
        transports = List.copyOf(transports);
        vouched = List.copyOf(vouched);
    }

    /** Its name in lists and receipts. */
    public String name() {
        return statement.name();
    }

    /** Enrolled, and not revoked. */
    public boolean isGood() {
        return enrolment.isPresent() && end.isEmpty();
    }

    /** Made, and nobody has vouched for it yet, nor revoked it. */
    public boolean isWaiting() {
        return enrolment.isEmpty() && end.isEmpty();
    }

    Passkey enrolled(Enrolment by) {
        return new Passkey(statement, maker, cose, transports, counter, Optional.of(by), List.of(), end);
    }

    Passkey vouchedFor(List<String> signatures) {
        return new Passkey(statement, maker, cose, transports, counter, enrolment, signatures, end);
    }

    Passkey at(long newest) {
        return new Passkey(statement, maker, cose, transports, newest, enrolment, vouched, end);
    }

    Passkey ended(End by) {
        return new Passkey(statement, maker, cose, transports, counter, enrolment, vouched, Optional.of(by));
    }
}
