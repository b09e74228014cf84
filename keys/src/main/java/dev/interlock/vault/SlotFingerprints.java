package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** Fingerprints of secrets, which reveal nothing without the key: HMAC-SHA256 under a separate key file. */
final class SlotFingerprints {

    private static final String ALGORITHM = "HmacSHA256";
    private static final String FILE = "fingerprint.key";
    private static final int KEY_BYTES = 32;
    private static final byte[] DOMAIN = "interlock-fingerprint@v1\0".getBytes(StandardCharsets.US_ASCII);

    private final SecretKey key;

    private SlotFingerprints(SecretKey key) {
        this.key = key;
    }

    static SlotFingerprints at(Path root, SecureRandom random) throws IOException {
        Path file = root.resolve(FILE);
        if (!Files.exists(file)) {
            byte[] fresh = new byte[KEY_BYTES];
            random.nextBytes(fresh);
            PrivateFiles.replace(file, fresh);
        }
        return read(root);
    }

    static SlotFingerprints read(Path root) throws IOException {
        Path file = root.resolve(FILE);
        byte[] bytes = VaultFiles.read(file);
        if (bytes.length != KEY_BYTES) {
            throw new IOException("`" + file + "` does not hold " + KEY_BYTES + " bytes");
        }
        return new SlotFingerprints(new SecretKeySpec(bytes, ALGORITHM));
    }

    String of(Secret secret) {
        byte[] plain = secret.use(value -> value.getBytes(StandardCharsets.UTF_8));
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(DOMAIN);
            return HexFormat.of().formatHex(mac.doFinal(plain));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }
}
