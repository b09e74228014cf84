package dev.interlock.adopt;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A stream of the next bytes of another one, up to a limit. Closing it skips the rest of them, and leaves the other
 * stream open.
 */
final class LimitedInputStream extends FilterInputStream {

    private long left;

    LimitedInputStream(InputStream in, long length) {
        super(in);
        this.left = length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        int read = in.read(bytes, offset, (int) Math.min(length, left));
        if (read < 0) {
            throw new EOFException("the stream ended " + left + " bytes early");
        }
        left -= read;
        return read;
    }

    @Override
    public void close() throws IOException {
        in.skipNBytes(left);
        left = 0;
    }
}
