package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A text and the salt of its digest. Receipts and statements hold only the digest. Anybody who is given both can check
 * that they belong to it. Without the salt nobody can test guesses of the text.
 *
 * @param salt 16 bytes, base64url without padding
 * @param text any text of Unicode scalar values
 */
public record SaltedText(String salt, String text) {

    /** How many bytes a salt has. Nobody guesses 128 bits. */
    public static final int SALT_BYTES = 16;

    private static final String PREFIX = "salted-sha256:";
    private static final Pattern DIGEST = Pattern.compile(PREFIX + "[0-9a-f]{64}");

    /** @throws MalformedException if the salt is not one, or the text has no UTF-8 form */
    public SaltedText {
        if (Base64Text.readUrl(salt).length != SALT_BYTES) {
            throw new MalformedException("a salt has " + SALT_BYTES + " bytes");
        }
        if (!Json.Text.isScalar(text)) {
            throw new MalformedException("a text with an unpaired surrogate has no digest");
        }
    }

    /** Returns the digest, as receipts and statements write it. */
    public String digest() {
        return digest(Base64Text.readUrl(salt), Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Returns the salted digest of content that has the SHA-256 {@code sha256}: the SHA-256 of the salt and that.
     *
     * @param salt {@value #SALT_BYTES} bytes
     */
    public static String digest(byte[] salt, byte[] sha256) {
        return PREFIX + HexFormat.of().formatHex(Sha256.of(salt, sha256));
    }

    /** Returns whether {@code value} has the form of a salted digest. */
    public static boolean isDigest(String value) {
        return DIGEST.matcher(value).matches();
    }

    /** The form in which the gateway gives it to people. */
    public Json.Members json() {
        return Json.object().with("salt", salt).with("text", text);
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @throws MalformedException if it did not
     */
    public static SaltedText of(Json.Members json) {
        return new SaltedText(json.text("salt"), json.text("text"));
    }
}
