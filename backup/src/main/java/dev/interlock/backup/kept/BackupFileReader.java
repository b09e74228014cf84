package dev.interlock.backup.kept;

import dev.interlock.action.Bytes;
import dev.interlock.backup.run.BackupException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/** Reads a file of a backup and decrypts it. Every fault of the file is reported as a {@link BackupException}. */
public final class BackupFileReader implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    private final BackupManifest manifest;
    private final String name;
    private final MessageDigest digest = Bytes.newSha256();
    private final InputStream encrypted;
    private final InputStream in;

    public BackupFileReader(BackupRepository repository, BackupManifest manifest, String name) throws IOException {
        this.manifest = manifest;
        this.name = name;
        this.encrypted =
                new DigestInputStream(new BufferedInputStream(repository.read(manifest.id(), name), BUFFER), digest);
        this.in = new FaultTrackingStream(
                repository.decrypted(encrypted, manifest.id(), name),
                "its " + name + " was altered, truncated or swapped with another");
    }

    /** Returns the content that was written into it. */
    public InputStream in() {
        return in;
    }

    /** Returns the decompressed content. */
    public InputStream unpacked() throws IOException {
        String fault = "its " + name + " cannot be decompressed";
        try {
            return new FaultTrackingStream(new GZIPInputStream(in, BUFFER), fault);
        } catch (BackupException e) {
            throw e;
        } catch (IOException e) {
            throw new BackupException(fault, e);
        }
    }

    /**
     * Reads on to the end.
     *
     * @throws BackupException if it is not the file that was written
     */
    public void requireWhole() throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
        encrypted.transferTo(OutputStream.nullOutputStream());
        if (!HexFormat.of()
                .formatHex(digest.digest())
                .equals(manifest.file(name).sha256())) {
            throw new BackupException("its " + name + " is not the original backup");
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
        encrypted.close();
    }

    /** Distinguishes a failure to read, which is the backup's fault, from a failure to pass data on. */
    private static final class FaultTrackingStream extends FilterInputStream {
        private final String fault;

        FaultTrackingStream(InputStream from, String fault) {
            super(from);
            this.fault = fault;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            try {
                return super.read(bytes, from, length);
            } catch (BackupException e) {
                throw e;
            } catch (IOException e) {
                throw new BackupException(fault, e);
            }
        }
    }
}
