package dev.interlock.stdio;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads the lines of a program, each of which is a message, and none of which may be longer than a limit. */
final class LineReader {

    private final InputStream from;
    private final int longest;
    private final byte[] piece = new byte[1 << 13];
    private int at;
    private int end;

    LineReader(InputStream from, int longest) {
        this.from = from;
        this.longest = longest;
    }

    /**
     * Returns the next line without its end. What follows the last line end is half a message, and is left out.
     *
     * @throws IOException if the line is too long; nothing can be read then
     */
    Optional<byte[]> next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int begin = at;
            while (at < end && piece[at] != '\n') {
                at++;
            }
            if (line.size() + at - begin > longest) {
                throw new IOException("a line is longer than " + longest + " bytes");
            }
            line.write(piece, begin, at - begin);
            if (at < end) {
                at++;
                return Optional.of(line.toByteArray());
            }
            at = 0;
            end = Math.max(0, from.read(piece));
            if (end == 0) {
                return Optional.empty();
            }
        }
    }
}
