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
 * The challenges that browsers sign to sign in. One that was begun takes no memory: its name is the statement with an
 * HMAC (RFC 2104). Only those that somebody signed in with are remembered. Threading: any.
 */
final class LoginChallenges {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    /** Maximum length of a name. Ours take a third of it. */
    private static final int LONGEST_NAME = 2_048;

    private final Map<String, Instant> used = new HashMap<>(); // by digest; guarded by this
    private final SecretKeySpec key;
    private final Duration life;
    private final InstantSource clock;

    /** @param random must be secure */
    LoginChallenges(Duration life, InstantSource clock, RandomGenerator random) {
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, ALGORITHM);
        this.life = life;
        this.clock = clock;
    }

    /** Returns the name under which the sign-in for {@code statement}, which is unique, is finished. */
    String name(byte[] statement) {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString(statement) + "." + encoder.encodeToString(authenticator(statement));
    }

    /** Returns the statement for {@code name} if this process issued it, it has not expired, and it is unused. */
    synchronized Optional<byte[]> find(String name) {
        return genuine(name).filter(statement -> !isOver(opened(statement)) && !used.containsKey(digest(statement)));
    }

    /** Marks {@code statement} as used. Returns false if it was used before. */
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
            return Optional.empty(); // not Base64
        }
    }

    private byte[] authenticator(byte[] statement) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM); // not shared: a Mac is not thread-safe
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

    /** Returns whether the challenge has expired. A clock that was set back does not extend its life. */
    private boolean isOver(Instant opened) {
        Instant now = clock.instant();
        return now.isBefore(opened) || !now.isBefore(opened.plus(life));
    }
}
