package dev.interlock.config;

import dev.interlock.action.Secret;
import dev.interlock.linux.TrustedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file with one secret in it. Only its owner may read it, and nobody else can have replaced it. */
public final class SecretFile {

    /** Limits the bytes of the file. Addresses and keys are far shorter. */
    private static final int MAX_BYTES = 4096;

    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");

    private SecretFile() {}

    /**
     * Returns the secret, without the white space around it; throws {@link IOException} if it cannot be read, or
     * {@link IllegalArgumentException} if others could read or replace it, or if its size fits no secret.
     */
    public static Secret read(Path file) throws IOException {
        TrustedFiles.require(file);
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(file);
        if (!OWNERS.containsAll(actual)) {
            throw new IllegalArgumentException("`" + file + "` contains a secret and is open to others (`"
                    + PosixFilePermissions.toString(actual) + "`): replace the secret, and run chmod 600");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IllegalArgumentException("`" + file + "` is longer than " + MAX_BYTES + " bytes");
        }
        return new Secret(Files.readString(file).strip());
    }
}
