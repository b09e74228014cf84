package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * One-time codes, each for one person's first passkey. Only a hash of each is stored, in memory. So no code outlives
 * the gateway process that issued it. Threading: any.
 */
final class Invitations {

    /** Lifetime of a code: long enough to walk to a browser with it. */
    static final Duration LIFE = Duration.ofMinutes(15);

    /** Length of a code: 160 bits cannot be guessed. */
    private static final int CODE_BYTES = 20;

    private record Invitation(String hash, Instant at) {}

    private final Map<String, Invitation> byPerson = new HashMap<>(); // guarded by this
    private final InstantSource clock;
    private final RandomGenerator random;

    Invitations(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** Issues a new code for {@code person}. An earlier code of that person becomes invalid. */
    synchronized Secret invite(String person) {
        byte[] bytes = new byte[CODE_BYTES];
        random.nextBytes(bytes);
        String code = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        byPerson.put(person, new Invitation(Bytes.utf8(code).sha256(), clock.instant()));
        return new Secret(code);
    }

    /** Returns whether {@code code} is a valid invitation for {@code person} now. */
    synchronized boolean isGood(String person, String code) {
        Invitation invitation = byPerson.get(person);
        Instant now = clock.instant();
        // Compares hashes, so that the comparison time reveals nothing about the code.
        return invitation != null
                && invitation.hash().equals(Bytes.utf8(code).sha256())
                && !now.isBefore(invitation.at())
                && now.isBefore(invitation.at().plus(LIFE));
    }

    /** Consumes {@code code}. Returns false if it is not valid, or if somebody else used it first. */
    synchronized boolean use(String person, String code) {
        return isGood(person, code) && byPerson.remove(person) != null;
    }
}
