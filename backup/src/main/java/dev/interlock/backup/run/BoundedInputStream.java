package dev.interlock.backup.run;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Limits what is read of a stream. A program or a server may send anything, without an end. */
public final class BoundedInputStream extends FilterInputStream {

    private final String fault;
    private long left;

    /** @param fault the message of the {@link BackupException} after more than {@code most} bytes */
    public BoundedInputStream(InputStream from, long most, String fault) {
        super(from);
        this.left = most;
        this.fault = fault;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        int read = in.read(bytes, from, length);
        left -= Math.max(0, read);
        if (left < 0) {
            throw new BackupException(fault);
        }
        return read;
    }
}
