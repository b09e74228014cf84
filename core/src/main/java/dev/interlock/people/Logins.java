package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What browsers are given to sign, for somebody to sign in. Anybody may begin, as often as they like, so nothing is
 * kept of one that was begun: its name is the statement itself, with an authenticator (HMAC, RFC 2104) under a key of
 * this process. Of one that somebody has signed in by it is kept that it is used, as long as it would be good.
 *
 * <p>Threading: any.
 */
final class Logins {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    /** Ours are a third of it. */
    private static final int LONGEST_NAME = 2_048;

    private final Map<String, Instant> used = new HashMap<>(); // by digests; guarded by this
    private final SecretKeySpec key;
    private final Duration life;
    private final InstantSource clock;

    /** @param random must be secure */
    Logins(Duration life, InstantSource clock, RandomGenerator random) {
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, ALGORITHM);
        this.life = life;
        this.clock = clock;
    }

    /** What to finish {@code statement} by, which says when it was opened and is no other's. */
    String name(byte[] statement) {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString(statement) + "." + encoder.encodeToString(authenticator(statement));
    }

    /** The statement of the {@code name}, if it was given out here lately and nobody has signed in by it. */
    synchronized Optional<byte[]> find(String name) {
        return genuine(name).filter(statement -> !isOver(opened(statement)) && !used.containsKey(digest(statement)));
    }

    /** Whether this is the first use of {@code statement}; there is no second one. */
    synchronized boolean use(byte[] statement) {
        used.values().removeIf(this::isOver);
        return used.putIfAbsent(digest(statement), opened(statement)) == null;
    }

    private Optional<byte[]> genuine(String name) {
        String[] parts = name.length() > LONGEST_NAME ? new String[0] : name.split("\\.", -1);
        if (parts.length != 2) {
            return Optional.empty();
        }
        try {
            byte[] statement = Base64.getUrlDecoder().decode(parts[0]);
            byte[] said = Base64.getUrlDecoder().decode(parts[1]);
            return MessageDigest.isEqual(authenticator(statement), said) ? Optional.of(statement) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // no Base64
        }
    }

    private byte[] authenticator(byte[] statement) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM); // not shared: a Mac is not safe for several threads
            mac.init(key);
            return mac.doFinal(statement);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    private static Instant opened(byte[] statement) {
        return Instant.parse(Json.readObject(statement).text("opened_at"));
    }

    private static String digest(byte[] statement) {
        return Bytes.of(statement).sha256();
    }

    /** A clock that was set back does not lengthen anything. */
    private boolean isOver(Instant opened) {
        Instant now = clock.instant();
        return now.isBefore(opened) || !now.isBefore(opened.plus(life));
    }
}
