package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;

/** The name and private key of a witness, in one line of a file that only its user can read. */
record WitnessSecret(WitnessKey key, Ed25519Seed seed) {

    private static final String HEAD = "interlock-witness-key@v1 ";

    static WitnessSecret create(Path file, String name) throws IOException {
        byte[] seed = new byte[Ed25519Seed.LENGTH];
        new SecureRandom().nextBytes(seed);
        WitnessSecret made = of(name, seed);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HEAD + name + " " + Base64Text.write(seed) + "\n");
        return made;
    }

    static WitnessSecret read(Path file) throws IOException {
        Set<PosixFilePermission> others = PosixFilePermissions.fromString("---rwxrwx");
        if (Files.getPosixFilePermissions(file).stream().anyMatch(others::contains)) {
            throw new IllegalArgumentException("others may use `" + file + "`: run `chmod 600 " + file + "`");
        }
        String[] parts = Files.readString(file).strip().split(" ", -1);
        if (parts.length != 3 || !(parts[0] + " ").equals(HEAD)) {
            throw new IllegalArgumentException("`" + file + "` is no key that `witness init` made");
        }
        return of(parts[1], seed(file, parts[2]));
    }

    private static byte[] seed(Path file, String text) {
        try {
            byte[] seed = Base64.getDecoder().decode(text);
            if (seed.length == Ed25519Seed.LENGTH) {
                return seed;
            }
        } catch (IllegalArgumentException e) {
            // The message of the decoder would tell a part of the key.
        }
        throw new IllegalArgumentException("`" + file + "` is damaged");
    }

    private static WitnessSecret of(String name, byte[] seed) {
        Ed25519Seed secret = new Ed25519Seed(seed);
        return new WitnessSecret(WitnessKey.of(name, secret.publicKey()), secret);
    }

    Note cosign(Note note, Instant at) {
        return key.cosign(note, seed, at);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
