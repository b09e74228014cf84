package dev.interlock.recovery;

import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.random.RandomGenerator;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The code that opens a kit: 160 random bits in Crockford's base 32, in eight groups of four. It is random and no
 * dictionary holds it, so a fast key derivation suffices.
 */
public final class RecoveryCode {

    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int CHARACTERS = 32;
    private static final int GROUP = 4;
    private static final String PURPOSE = "interlock-recovery@v1";
    private static final int KEY_BYTES = 32;

    private final Secret characters;

    private RecoveryCode(String characters) {
        this.characters = new Secret(characters);
    }

    public static RecoveryCode fresh(RandomGenerator random) {
        StringBuilder characters = new StringBuilder();
        for (int i = 0; i < CHARACTERS; i++) {
            characters.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new RecoveryCode(characters.toString());
    }

    /** As somebody copied it by hand: case does not matter, nor do the separators between groups. */
    public static RecoveryCode parse(String written) {
        String plain = written.toUpperCase(Locale.ROOT)
                .replaceAll("[\\s-]", "")
                .replace('I', '1')
                .replace('L', '1')
                .replace('O', '0');
        if (plain.length() != CHARACTERS || !plain.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0)) {
            throw new IllegalArgumentException("a recovery code is eight groups of four letters and digits");
        }
        return new RecoveryCode(plain);
    }

    /** Returns the code in groups, for printing on paper. */
    public Secret groups() {
        return new Secret(characters.<String>use(plain -> plain.replaceAll("(.{" + GROUP + "})(?!$)", "$1-")));
    }

    /** Returns the key of the kit with {@code salt}: HKDF-SHA256 (RFC 5869). */
    SecretKey key(byte[] salt) throws GeneralSecurityException {
        HKDFParameterSpec parameters = HKDFParameterSpec.ofExtract()
                .addIKM(characters.<byte[]>use(plain -> plain.getBytes(StandardCharsets.US_ASCII)))
                .addSalt(salt)
                .thenExpand(PURPOSE.getBytes(StandardCharsets.US_ASCII), KEY_BYTES);
        return KDF.getInstance("HKDF-SHA256").deriveKey("AES", parameters);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
