package dev.interlock.ledger;

import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.Ed25519Seed;
import dev.interlock.evidence.Note;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Base64;

/** The key that signs checkpoints, in one file that only the gateway's user can read. */
final class LogKey {

    private static final String FILE = "log.key";

    private final Ed25519Seed secret;
    private final VerifierKey publicKey;

    private LogKey(String origin, byte[] seed) {
        secret = new Ed25519Seed(seed);
        publicKey = VerifierKey.of(origin, secret.publicKey());
    }

    /** Reads the key, or makes one, unless there are receipts already: it would not match the old checkpoints. */
    static LogKey open(Path state, String origin, boolean mayCreate, SecureRandom random) throws IOException {
        Path file = state.resolve(FILE);
        if (!Files.exists(file)) {
            if (!mayCreate) {
                throw new LedgerCorruptException("there are receipts, but `" + file + "` is missing");
            }
            create(file, random);
            PrivateFiles.sync(state);
        }
        LogKey key = new LogKey(origin, read(file));
        Files.writeString(state.resolve("log.vkey"), key.publicKey + "\n");
        return key;
    }

    private static byte[] read(Path file) throws IOException {
        try {
            byte[] seed = Base64.getDecoder().decode(Files.readString(file).strip());
            if (seed.length == Ed25519Seed.LENGTH) {
                return seed;
            }
        } catch (IllegalArgumentException e) {
            throw new LedgerCorruptException("`" + file + "` contains no key", e);
        }
        throw new LedgerCorruptException("`" + file + "` contains no key");
    }

    /** Creates the file atomically: a half-written one after a crash would look like damage for ever. */
    private static void create(Path file, SecureRandom random) throws IOException {
        Path part = file.resolveSibling("." + FILE);
        Files.deleteIfExists(part);
        byte[] seed = new byte[Ed25519Seed.LENGTH];
        random.nextBytes(seed);
        byte[] text = Base64.getEncoder().encode(seed);
        PrivateFiles.write(part, text);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    VerifierKey publicKey() {
        return publicKey;
    }

    Note sign(Checkpoint checkpoint) {
        byte[] text = checkpoint.text().getBytes(StandardCharsets.UTF_8);
        return checkpoint.signedBy(publicKey, secret.sign(text));
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
