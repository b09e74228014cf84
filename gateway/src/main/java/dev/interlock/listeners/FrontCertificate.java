package dev.interlock.listeners;

import dev.interlock.config.Config;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.linux.TrustedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Set;

/**
 * The certificate and the key that the front presents, read from files. A renewed pair is used without a restart. Until
 * the pair is complete, the old one stays.
 *
 * <p>Threading: any; {@link #renew} by one thread at a time.
 */
public final class FrontCertificate {

    /** Limits the bytes of a file. Chains of RSA certificates stay far below. */
    private static final int MAX_BYTES = 64 * 1024;

    private static final Set<PosixFilePermission> OWNERS = PosixFilePermissions.fromString("rwx------");

    private static final System.Logger LOG = System.getLogger(FrontCertificate.class.getName());

    private final Config.Tls files;
    private final InstantSource clock;
    private byte[] lastChain;
    private volatile ServerIdentity current;

    private FrontCertificate(Config.Tls files, InstantSource clock) throws IOException {
        this.files = files;
        this.clock = clock;
        this.lastChain = read(files.certificate());
        this.current = identity(lastChain);
    }

    /** Reads both files. IllegalArgumentException: they are no pair, or others could read or replace the key. */
    public static FrontCertificate open(Config.Tls files, InstantSource clock) throws IOException {
        return new FrontCertificate(files, clock);
    }

    public ServerIdentity current() {
        return current;
    }

    /** Uses the pair that is in the files now, if its certificate is another one. */
    public void renew() {
        try {
            byte[] chain = read(files.certificate());
            if (!Arrays.equals(chain, lastChain)) {
                current = identity(chain);
                lastChain = chain;
                LOG.log(System.Logger.Level.INFO, "the listener uses its renewed certificate from now on");
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.log(System.Logger.Level.WARNING, "the listener keeps its old certificate: {0}", e);
        }
    }

    private ServerIdentity identity(byte[] chain) throws IOException {
        requirePrivate(files.key());
        byte[] key = read(files.key());
        try {
            return ServerIdentity.read(chain, key, clock.instant());
        } catch (InvalidIdentityException e) {
            String which = e.isOfKey() ? "`tls.key` (" + files.key() : "`tls.certificate` (" + files.certificate();
            throw new IllegalArgumentException(which + "): " + e.getMessage(), e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    private static byte[] read(Path file) throws IOException {
        TrustedFiles.require(file);
        if (Files.size(file) > MAX_BYTES) {
            throw new IllegalArgumentException("`" + file + "` is longer than " + MAX_BYTES + " bytes");
        }
        return Files.readAllBytes(file);
    }

    private static void requirePrivate(Path key) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(key);
        if (!OWNERS.containsAll(actual)) {
            throw new IllegalArgumentException("`" + key + "` can be read by others (`"
                    + PosixFilePermissions.toString(actual)
                    + "`): anyone who has read it can impersonate this gateway; create a new key, and chmod 600 it");
        }
    }
}
