package dev.interlock.backup.content;

import dev.interlock.evidence.Keyword;
import java.io.IOException;
import java.nio.file.Path;

/** The separation of a backup from its source, as far as this machine can see. */
public enum Separation implements Keyword {
    /** On another device of this machine. */
    APART,
    /** On the same device: a failure of one takes the other with it. */
    SAME,
    /** Not visible from here. The seal's claim about the target's failure domain is all there is. */
    UNKNOWN;

    /** Compares two local paths. A path whose disks cannot be determined is never apart. */
    public static Separation between(Path one, Path other) throws IOException {
        return between(PathDevices.under(one), PathDevices.under(other));
    }

    static Separation between(PathDevices one, PathDevices other) {
        if (one.names().stream().anyMatch(other.names()::contains)) {
            return SAME;
        }
        return one.complete() && other.complete() ? APART : UNKNOWN;
    }
}
