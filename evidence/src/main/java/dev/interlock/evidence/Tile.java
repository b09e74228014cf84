package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** The name of one file of a static log (C2SP tlog-tiles v0.1.0): up to 256 hashes of one level, or entries. */
public record Tile(Kind kind, long index, int width) {

    /** Hashes or entries in a full tile. */
    public static final int WIDTH = 256;

    /** log2 of {@link #WIDTH}. */
    static final int HEIGHT = 8;

    private static final int MAX_LEVEL = 63;

    private static final Pattern PATH =
            Pattern.compile("tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/)*[0-9]{3}(?:\\.p/[1-9][0-9]{0,2})?");

    /** The level of hashes, in steps of eight; empty for entries. */
    public record Kind(OptionalInt level) {

        static final Kind ENTRIES = new Kind(OptionalInt.empty());

        static Kind hashes(int level) {
            return new Kind(OptionalInt.of(level));
        }

        String directory() {
            return level.isPresent() ? Integer.toString(level.getAsInt()) : "entries";
        }
    }

    public Tile {
        boolean level = kind.level().isEmpty()
                || (kind.level().getAsInt() >= 0 && kind.level().getAsInt() <= MAX_LEVEL);
        if (!level || index < 0 || width < 1 || width > WIDTH) {
            throw new IllegalArgumentException("there is no such tile");
        }
    }

    /** A bundle of entries. */
    public static Tile entries(long index, int width) {
        return new Tile(Kind.ENTRIES, index, width);
    }

    /** Returns whether it never changes again. */
    public boolean isFull() {
        return width == WIDTH;
    }

    String fullPath() {
        StringBuilder groups = new StringBuilder(group(index));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            groups.insert(0, "x" + group(rest) + "/");
        }
        return "tile/" + kind.directory() + "/" + groups;
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

    /** Returns the tiles and entry bundles of a log of {@code size} leaves. */
    public static List<Tile> layout(long size) {
        return changed(0, size);
    }

    /** Returns the tiles and entry bundles that a log of {@code before} leaves does not have yet. */
    public static List<Tile> changed(long before, long size) {
        List<Tile> tiles = new ArrayList<>();
        add(tiles, Kind.ENTRIES, before, size);
        long from = before;
        long to = size;
        for (int level = 0; to > 0; level++) {
            add(tiles, Kind.hashes(level), from, to);
            from >>>= HEIGHT;
            to >>>= HEIGHT;
        }
        return tiles;
    }

    private static void add(List<Tile> tiles, Kind kind, long from, long to) {
        if (from == to) {
            return;
        }
        for (long index = from / WIDTH; index < to / WIDTH; index++) {
            tiles.add(new Tile(kind, index, WIDTH));
        }
        int rest = (int) (to % WIDTH);
        if (rest > 0) {
            tiles.add(new Tile(kind, to / WIDTH, rest));
        }
    }
}
