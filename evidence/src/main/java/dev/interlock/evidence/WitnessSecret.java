package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name and private key of a witness, in one line of a file that only its user can read. */
record WitnessSecret(WitnessKey key, Ed25519Seed seed) {

    private static final String HEAD = "interlock-witness-key@v1 ";
    private static final Pattern LINE = Pattern.compile(HEAD + "(\\S+) ([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)\n");

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
        Matcher line = LINE.matcher(Files.readString(file));
        if (!line.matches()) {
            throw new IllegalArgumentException("`" + file + "` is no key that `witness init` made, or damaged");
        }
        return of(line.group(1), Base64Text.read(line.group(2)));
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
