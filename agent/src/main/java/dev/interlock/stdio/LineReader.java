package dev.interlock.stdio;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads the lines of a program, each of which is a message, and leaves out those that are longer than a limit. */
final class LineReader {

    /** A line that is so many times too long has no end. */
    private static final int ENDLESS = 16;

    private final InputStream from;
    private final int longest;
    private final Runnable onTooLong;
    private final byte[] piece = new byte[1 << 13];
    private int at;
    private int end;

    /** @param onTooLong is called when a line turns out to be too long */
    LineReader(InputStream from, int longest, Runnable onTooLong) {
        this.from = from;
        this.longest = longest;
        this.onTooLong = onTooLong;
    }

    /**
     * Returns the next line without its end. What follows the last line end is half a message, and is left out.
     *
     * @throws IOException if a line has no end; nothing can be read then
     */
    Optional<byte[]> next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        long length = 0;
        while (true) {
            int begin = at;
            while (at < end && piece[at] != '\n') {
                at++;
            }
            boolean wasTooLong = length > longest;
            length += at - begin;
            if (length > (long) ENDLESS * longest) {
                throw new IOException("a line is longer than " + ENDLESS + " times " + longest + " bytes");
            }
            if (length <= longest) {
                line.write(piece, begin, at - begin);
            } else if (!wasTooLong) {
                line.reset();
                onTooLong.run();
            }
            if (at < end) {
                at++;
                if (length <= longest) {
                    return Optional.of(line.toByteArray());
                }
                length = 0;
                continue;
            }
            at = 0;
            end = Math.max(0, from.read(piece));
            if (end == 0) {
                return Optional.empty();
            }
        }
    }
}
