package dev.interlock.identity;

import dev.interlock.action.Bytes;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Secret;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Identifies secrets without revealing them. The hash is keyed by this installation, so that nobody can test guesses
 * against a receipt.
 */
public final class KeyedFingerprints {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    /** 64 bits distinguish a handful of leaked tokens, and are short enough to read out. */
    private static final int SHOWN_BYTES = 8;

    private final Path file;
    private volatile Bytes key;
    /** Has the key, and is never fed: a copy is made faster than another is found among the providers. */
    private volatile Mac keyed;

    private KeyedFingerprints(Path file, Bytes key) {
        this.file = file;
        this.key = key;
        this.keyed = mac(key);
    }

    private static Mac mac(Bytes key) {
        try {
            Mac keyed = Mac.getInstance(ALGORITHM);
            keyed.init(new SecretKeySpec(key.toArray(), ALGORITHM));
            return keyed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", e);
        }
    }

    /** Returns the key, for the keys process: the nodes of a fleet share one, so that all make the same references. */
    public Bytes key() {
        return key;
    }

    /** Uses the key of a fleet from now on. What was signed over references by the previous one opens nothing more. */
    public void use(Bytes shared) throws IOException {
        if (!shared.equals(key)) {
            PrivateFiles.replace(file, shared.toArray());
            keyed = mac(shared);
            key = shared;
        }
    }

    public static KeyedFingerprints open(Path file, RandomGenerator random) throws IOException {
        byte[] fresh = new byte[KEY_BYTES];
        random.nextBytes(fresh);
        try {
            PrivateFiles.write(file, fresh);
        } catch (FileAlreadyExistsException _) {
            Files.setPosixFilePermissions(file, PrivateFiles.FILE);
        }
        byte[] key = Files.readAllBytes(file);
        if (key.length != KEY_BYTES) {
            throw new IOException("`" + file + "` is not a key of " + KEY_BYTES + " bytes");
        }
        return new KeyedFingerprints(file, Bytes.of(key));
    }

    /** Returns 16 hexadecimal characters of an HMAC-SHA256. */
    public String of(Secret secret) {
        byte[] mac = secret.use(value -> mac(value.getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(mac, 0, SHOWN_BYTES);
    }

    /** Makes the salted digests of the log. No secret begins with the text before a salt's SHA-256. */
    public SaltedDigests digests() {
        return new SaltedDigests(sha256 ->
                mac(("interlock:salt\0" + HexFormat.of().formatHex(sha256)).getBytes(StandardCharsets.UTF_8)));
    }

    private byte[] mac(byte[] value) {
        try {
            return ((Mac) keyed.clone()).doFinal(value); // a Mac is not safe for several threads
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's HMAC-SHA256 can be copied", e);
        }
    }
}
