package dev.interlock.backup.kept;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Whether a backup lies apart from what it is a copy of, as far as this machine can see. */
public enum Separation {
    /** On another device of this machine. */
    APART,
    /**
     * On the same device, or with a server of the same machine, of which nobody says that it keeps things elsewhere:
     * what takes the one takes the other.
     */
    SAME,
    /** It cannot be seen from here; what is sealed of the target's failure domain is all there is. */
    UNKNOWN;

    /** What can still be said where {@code other} was seen as well. */
    public Separation and(Separation other) {
        if (this == SAME || other == SAME) {
            return SAME;
        }
        return this == other ? this : UNKNOWN;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws dev.interlock.evidence.MalformedException if there is none */
    static Separation of(String word) {
        for (Separation separation : values()) {
            if (separation.word().equals(word)) {
                return separation;
            }
        }
        throw new dev.interlock.evidence.MalformedException("`" + word + "` says nothing of devices");
    }

    /** Of two paths that are both here. What cannot be followed to a disk is never apart. */
    static Separation between(Path one, Path other) throws IOException {
        return between(Disks.under(one), Disks.under(other));
    }

    static Separation between(Disks one, Disks other) {
        if (one.names().stream().anyMatch(other.names()::contains)) {
            return SAME;
        }
        return one.complete() && other.complete() ? APART : UNKNOWN;
    }
}
