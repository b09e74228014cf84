package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A file of up to 256 entries, each preceded by its length in two bytes (C2SP tlog-tiles, "Log Entries"). */
public final class EntryBundle {

    static final int MAX_ENTRY = 65_535; // the largest length that fits in two bytes

    private EntryBundle() {}

    public static byte[] write(List<byte[]> entries) {
        int length = entries.stream().mapToInt(entry -> 2 + entry.length).sum();
        ByteBuffer out = ByteBuffer.allocate(length);
        for (byte[] entry : entries) {
            if (entry.length > MAX_ENTRY) {
                throw new IllegalArgumentException("an entry is too long for a bundle");
            }
            out.putShort((short) entry.length).put(entry);
        }
        return out.array();
    }

    /** Returns the entries of a file, which must be exactly {@code width}. */
    public static List<byte[]> read(byte[] file, int width) {
        List<byte[]> entries = readPrefix(file, width);
        if (entries.size() != width || write(entries).length != file.length) {
            throw new MalformedException("the bundle does not hold exactly " + width + " entries");
        }
        return entries;
    }

    /** Returns as many of the first {@code width} entries as can be read. It locates the fault in a damaged file. */
    static List<byte[]> readPrefix(byte[] file, int width) {
        ByteBuffer in = ByteBuffer.wrap(file);
        List<byte[]> entries = new ArrayList<>();
        while (in.remaining() >= 2 && entries.size() < width) {
            int length = Short.toUnsignedInt(in.getShort());
            if (length > in.remaining()) {
                break;
            }
            byte[] entry = new byte[length];
            in.get(entry);
            entries.add(entry);
        }
        return entries;
    }
}
