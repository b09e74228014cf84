package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A text and the salt of its digest, 16 bytes in base64url. Receipts and statements hold only the digest: who is given
 * both can check it, and without the salt nobody can test guesses.
 */
public record SaltedText(String salt, String text) {

    /** How many bytes a salt has. Nobody guesses 128 bits. */
    public static final int SALT_BYTES = 16;

    private static final String PREFIX = "salted-sha256:";
    private static final Pattern DIGEST = Pattern.compile(PREFIX + "[0-9a-f]{64}");

    public SaltedText {
        if (Base64Text.readUrl(salt).length != SALT_BYTES) {
            throw new MalformedException("a salt has " + SALT_BYTES + " bytes");
        }
        if (!Json.Text.isScalar(text)) {
            throw new MalformedException("a text with an unpaired surrogate has no digest");
        }
    }

    public String digest() {
        return digest(Base64Text.readUrl(salt), Sha256.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the salted digest of content that has the SHA-256 {@code sha256}: the SHA-256 of the salt and that. */
    public static String digest(byte[] salt, byte[] sha256) {
        return PREFIX + HexFormat.of().formatHex(Sha256.of(salt, sha256));
    }

    public static boolean isDigest(String value) {
        return DIGEST.matcher(value).matches();
    }

    public Json.Members json() {
        return Json.object().with("salt", salt).with("text", text);
    }

    /** Reads what {@link #json} wrote. */
    public static SaltedText of(Json.Members json) {
        return new SaltedText(json.text("salt"), json.text("text"));
    }
}
