package dev.interlock.evidence;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;

/**
 * A file of a log that is stored with gzip, under its name and `.gz`, as web servers serve it: a full entry bundle, or
 * a segment that is full. The header has no choices, and nothing follows the one stream.
 */
public final class GzipFile {

    private static final String SUFFIX = ".gz";

    /** The longest contents: a segment's. What claims more is refused before it fills the memory. */
    private static final int MAX_LENGTH = 16 << 20;

    /** A receipt repeats most of the one before it: the default takes twice as long, for a few bytes of each. */
    private static final int LEVEL = Deflater.BEST_SPEED;

    private static final int CHUNK = 64 * 1024;
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final int TRAILER_LENGTH = 8;

    private GzipFile() {}

    /** Returns the place of the compressed form of {@code path}. */
    public static Path of(Path path) {
        return path.resolveSibling(path.getFileName() + SUFFIX);
    }

    public static String of(String path) {
        return path + SUFFIX;
    }

    /** Returns the name without the suffix of the compressed form, if it has that. */
    public static String plain(String name) {
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    /** Returns where {@code path} is: there, or else in its compressed form. */
    public static Path stored(Path path) {
        return !Files.exists(path) && Files.exists(of(path)) ? of(path) : path;
    }

    /**
     * Reads {@code path}, or else its compressed form: that is durable before the other is removed.
     *
     * @throws MalformedException if the compressed form is damaged
     */
    public static byte[] read(Path path) throws IOException {
        try {
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return decompress(Files.readAllBytes(of(path)));
        }
    }

    /** Returns how long {@code path} is, uncompressed; 0 if it is missing. */
    public static long length(Path path) throws IOException {
        try {
            return Files.size(path);
        } catch (NoSuchFileException e) {
            return compressedLength(of(path));
        }
    }

    private static long compressedLength(Path compressed) throws IOException {
        try (InputStream in = Files.newInputStream(compressed)) {
            long length = Files.size(compressed);
            if (length < HEADER.length + TRAILER_LENGTH) {
                return 0;
            }
            in.skipNBytes(length - Integer.BYTES);
            return Integer.toUnsignedLong(
                    littleEndian(in.readNBytes(Integer.BYTES)).getInt());
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Writes {@code contents} compressed, without holding them in memory. */
    public static void compress(InputStream contents, OutputStream to) throws IOException {
        GZIPOutputStream out = new GZIPOutputStream(to, CHUNK) {
            {
                def.setLevel(LEVEL);
            }
        };
        contents.transferTo(out);
        out.finish();
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] decompress(byte[] file) {
        int end = file.length - TRAILER_LENGTH;
        if (end < HEADER.length || !Arrays.equals(file, 0, HEADER.length, HEADER, 0, HEADER.length)) {
            throw new MalformedException("the gzip header is damaged");
        }
        int length = littleEndian(file).getInt(file.length - Integer.BYTES);
        if (length < 0 || length > MAX_LENGTH) {
            throw new MalformedException("its contents would be longer than a segment");
        }
        byte[] contents = inflate(file, end, length);
        CRC32 crc = new CRC32();
        crc.update(contents);
        if (littleEndian(file).getInt(end) != (int) crc.getValue()) {
            throw new MalformedException("its contents do not match the checksum of gzip");
        }
        return contents;
    }

    private static byte[] inflate(byte[] file, int end, int length) {
        byte[] contents = new byte[length];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(file, HEADER.length, end - HEADER.length);
            int done = inflater.inflate(contents);
            while (!inflater.finished() && done < length) {
                int more = inflater.inflate(contents, done, length - done);
                if (more == 0) {
                    break;
                }
                done += more;
            }
            // The last call may have left the mark of the end, and contents that are too long go on.
            boolean isWhole = done == length && inflater.inflate(new byte[1]) == 0 && inflater.finished();
            if (!isWhole || inflater.getRemaining() > 0) {
                throw new MalformedException("its compressed contents are damaged");
            }
            return contents;
        } catch (DataFormatException e) {
            throw new MalformedException("its compressed contents are damaged");
        } finally {
            inflater.end();
        }
    }
}
