package dev.interlock.backup.place;

import dev.interlock.backup.run.InconclusiveException;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The lock of a storage. While it is held, leftovers of killed jobs are removed. A leftover that cannot be removed is
 * reported, and does not prevent the next backup.
 */
final class Leftovers implements BackupStorage.StorageLock {

    static final String NO_MANIFEST = "it has no manifest";

    static final String BEGUN = "it is incomplete";

    static final String UNFINISHED = "it is being taken, or was not finished: it has no manifest yet";

    static final String HIDDEN = "its manifest is hidden by a delete marker; remove the marker to restore it";

    static final String UNSEEN =
            "it has no visible manifest, and it cannot be checked from " + "here whether one is hidden";

    static final String FOREIGN = "Interlock does not remove the other files in it";

    static final String UNDATED = "the storage does not say when it was stored";

    private static final String OTHERS = "other things";

    private final Closeable lock;
    private final Map<String, String> left = new TreeMap<>();

    /** @param lock closed together with this */
    Leftovers(Closeable lock) {
        this.lock = lock;
    }

    /** Removes one leftover. */
    interface LeftoverRemoval {
        void run() throws IOException;
    }

    /**
     * Removes the leftover {@code name}.
     *
     * @throws InconclusiveException if somebody ends the whole job
     */
    void remove(String name, LeftoverRemoval removal) throws IOException {
        try {
            BackupStorage.runOnStorage(() -> {
                removal.run();
                return name;
            });
        } catch (InconclusiveException e) {
            throw e;
        } catch (IOException e) {
            leave(name, String.valueOf(e.getMessage()));
        }
    }

    void leave(String name, String why) {
        left.put(name, why);
    }

    /**
     * Adds to {@code all} the number of {@code others}, if any. Their names come from anybody with write access, and
     * nobody should take them for our text.
     */
    static void count(long others, BiConsumer<String, String> all) {
        if (others > 0) {
            all.accept(
                    OTHERS,
                    others + (others == 1 ? " is there under a name" : " are there under names")
                            + " that no backup uses");
        }
    }

    @Override
    public Map<String, String> unremoved() {
        return Collections.unmodifiableMap(left);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
