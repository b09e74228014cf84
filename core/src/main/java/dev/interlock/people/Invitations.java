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
 * One-time codes, each for one person's first passkey. Of each only a hash is kept, in memory: none outlives the
 * gateway that gave it out.
 *
 * <p>Threading: any.
 */
final class Invitations {

    /** Long enough to walk to a browser with it. */
    static final Duration LIFE = Duration.ofMinutes(15);

    /** Beyond guessing. */
    private static final int CODE_BYTES = 20;

    private record Invitation(String hash, Instant at) {}

    private final Map<String, Invitation> byPerson = new HashMap<>(); // guarded by this
    private final InstantSource clock;
    private final RandomGenerator random;

    Invitations(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** A new code for {@code person}; one from before is worth nothing any more. */
    synchronized Secret invite(String person) {
        byte[] bytes = new byte[CODE_BYTES];
        random.nextBytes(bytes);
        String code = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        byPerson.put(person, new Invitation(Bytes.utf8(code).sha256(), clock.instant()));
        return new Secret(code);
    }

    /** Whether {@code code} invites {@code person} now. */
    synchronized boolean isGood(String person, String code) {
        Invitation invitation = byPerson.get(person);
        Instant now = clock.instant();
        // Hashes are compared, so that the time it takes says nothing of the code.
        return invitation != null
                && invitation.hash().equals(Bytes.utf8(code).sha256())
                && !now.isBefore(invitation.at())
                && now.isBefore(invitation.at().plus(LIFE));
    }

    /** Uses {@code code} up; false if it is not good, or somebody was faster. */
    synchronized boolean use(String person, String code) {
        return isGood(person, code) && byPerson.remove(person) != null;
    }
}
