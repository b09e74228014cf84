package dev.interlock.action;

import dev.interlock.evidence.SaltedText;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;

/**
 * Makes the salted digests that stand in the log for content that may hold secrets. Each salt comes from the content
 * and a key of this installation. So equal content has an equal digest here, and nobody without the key can test
 * guesses.
 */
public final class SaltedDigests {

    /** For content that the log shows anyway, or that is never recorded. */
    public static final SaltedDigests OPEN = new SaltedDigests(_ -> new byte[SaltedText.SALT_BYTES]);

    private final UnaryOperator<byte[]> salts;

    /**
     * Creates it.
     *
     * @param salts returns a keyed hash of a SHA-256, of which the first {@value SaltedText#SALT_BYTES} bytes are used
     */
    public SaltedDigests(UnaryOperator<byte[]> salts) {
        this.salts = salts;
    }

    public SaltedText salted(String text) {
        byte[] salt = salt(Bytes.utf8(text).sha256Bytes());
        return new SaltedText(Base64.getUrlEncoder().withoutPadding().encodeToString(salt), text);
    }

    public String of(Bytes content) {
        return of(content.sha256Bytes());
    }

    /** Returns the salted digest of content that has the SHA-256 {@code sha256}. */
    public String of(byte[] sha256) {
        return SaltedText.digest(salt(sha256), sha256);
    }

    private byte[] salt(byte[] sha256) {
        return Arrays.copyOf(salts.apply(sha256), SaltedText.SALT_BYTES);
    }
}
