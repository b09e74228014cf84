package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * The name of one file of a static log (C2SP tlog-tiles v0.1.0): up to 256 hashes of one level, in steps of eight, or
 * entries if there is none.
 */
public record Tile(OptionalInt level, long index, int width) {

    /** Hashes or entries in a full tile. */
    public static final int WIDTH = 256;

    static final String ENTRIES = "tile/entries";

    static final int HEIGHT = 8; // log2 of `WIDTH`
    private static final int MAX_LEVEL = 63;
    private static final Pattern PATH =
            Pattern.compile("tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/)*[0-9]{3}(?:\\.p/[1-9][0-9]{0,2})?"
                    + "|tile/entries/(?:x[0-9]{3}/)*[0-9]{3}\\.gz");

    public Tile {
        int height = level.orElse(0);
        if (height < 0 || height > MAX_LEVEL || index < 0 || width < 1 || width > WIDTH) {
            throw new IllegalArgumentException("there is no such tile");
        }
    }

    public static Tile entries(long index, int width) {
        return new Tile(OptionalInt.empty(), index, width);
    }

    static Tile hashes(int level, long index, int width) {
        return new Tile(OptionalInt.of(level), index, width);
    }

    /** Returns whether it never changes again. */
    public boolean isFull() {
        return width == WIDTH;
    }

    /** Returns whether its file may be compressed: hashes would not become shorter. */
    public boolean isCompressible() {
        return isFull() && level.isEmpty();
    }

    String fullPath() {
        StringBuilder groups = new StringBuilder(group(index));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            groups.insert(0, "x" + group(rest) + "/");
        }
        return "tile/" + (level.isPresent() ? level.getAsInt() : "entries") + "/" + groups;
    }

    private static String group(long number) {
        return String.format(Locale.ROOT, "%03d", number % 1000);
    }

    public String path() {
        return isFull() ? fullPath() : fullPath() + ".p/" + width;
    }

    /** Returns whether {@code path}, below a log's directory, is the name of a tile or an entry bundle. */
    static boolean isPath(String path) {
        return PATH.matcher(path).matches();
    }

    public static List<Tile> layout(long size) {
        return changed(0, size);
    }

    /** Returns the last file of each kind, from which a log of {@code size} leaves continues. */
    public static List<Tile> edge(long size) {
        List<Tile> tiles = new ArrayList<>();
        long count = size;
        for (int level = -1; count > 0; level++) {
            OptionalInt kind = level < 0 ? OptionalInt.empty() : OptionalInt.of(level);
            tiles.add(new Tile(kind, (count - 1) / WIDTH, (int) ((count - 1) % WIDTH) + 1));
            count = level < 0 ? count : count >>> HEIGHT;
        }
        return tiles;
    }

    /** Returns the tiles and entry bundles that a log of {@code before} leaves does not have yet. */
    public static List<Tile> changed(long before, long size) {
        List<Tile> tiles = new ArrayList<>();
        add(tiles, OptionalInt.empty(), before, size);
        long from = before;
        long to = size;
        for (int level = 0; to > 0; level++) {
            add(tiles, OptionalInt.of(level), from, to);
            from >>>= HEIGHT;
            to >>>= HEIGHT;
        }
        return tiles;
    }

    private static void add(List<Tile> tiles, OptionalInt level, long from, long to) {
        if (from == to) {
            return;
        }
        for (long index = from / WIDTH; index < to / WIDTH; index++) {
            tiles.add(new Tile(level, index, WIDTH));
        }
        int rest = (int) (to % WIDTH);
        if (rest > 0) {
            tiles.add(new Tile(level, to / WIDTH, rest));
        }
    }
}
