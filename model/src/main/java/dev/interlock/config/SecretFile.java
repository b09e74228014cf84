package dev.interlock.config;

import dev.interlock.action.Secret;
import dev.interlock.linux.TrustedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file with one secret in it, which nobody but its owner may read, and nobody else could have exchanged. */
public final class SecretFile {

    /** Addresses and keys are far shorter. */
    private static final int MAX_BYTES = 4096;

    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");

    private SecretFile() {}

    /**
     * What it holds, without white space around it.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if others could read or exchange it, or it is no secret's size
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
