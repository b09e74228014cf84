package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Copies publications to a second place, behind the publisher. If that place has changed since, everything is copied
 * again: a copy with holes is useless. If it once had its own disk, nothing is copied to the log's disk, which that
 * would fill.
 */
final class Replicator extends Replica {

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Path from;
    private final Path to;
    private final DiskReserve.DiskSpaceProbe disks;
    /** True if the second place was ever seen on a disk of its own; owned by the thread. */
    private boolean apart;

    /** The segment up to which copies are covered by the second place's checkpoint; owned by the thread. */
    private long segment;

    private int offset;
    /** The partial files there; null until the first copy, and then also those that earlier processes left. */
    private @Nullable Set<String> partials;

    /** The last that it wrote there; before its first copy, what was found. Owned by the thread. */
    private byte @Nullable [] checkpoint;

    /** Continues behind the first {@code replicated} receipts, which the second place holds already. */
    Replicator(Path from, Path to, long replicated, DiskReserve.DiskSpaceProbe disks, Duration patience) {
        super("ledger-replicate", replicated, patience);
        this.from = from;
        this.to = to;
        this.disks = disks;
        this.segment = -1;
    }

    @Override
    Duration pause(int failures) {
        return failures == 0 ? Duration.ZERO : RETRY;
    }

    @Override
    void copy(Publisher.Publication publication) throws IOException {
        requireOwnDisk();
        if (!isAsLeft()) {
            beginAgain();
        }
        if (replicated() == 0) {
            requireRoom();
        }
        copySegments(publication.end());
        List<String> full = Tile.changed(replicated(), publication.size()).stream()
                .filter(Tile::isFull)
                .map(Tile::path)
                .toList();
        for (String path : full) {
            requireGoing();
            copyStored(path);
        }
        DiskFile.forceNames(to, full);
        for (Map.Entry<String, byte[]> file : publication.partials().entrySet()) {
            DiskFile.replace(to.resolve(file.getKey()), file.getValue());
        }
        for (Map.Entry<String, byte[]> file : publication.witnessed().entrySet()) {
            DiskFile.replace(to.resolve(file.getKey()), file.getValue());
        }
        // Last, as in the original: a checkpoint must never cover what is missing.
        byte[] note = publication.checkpoint().write();
        DiskFile.replace(to.resolve(StaticLog.CHECKPOINT), note);
        checkpoint = note;
        segment = publication.end().segment();
        offset = publication.end().end();
        replicated(publication.size());
        forget(publication.partials().keySet());
    }

    /** Checks before each file that there is time left and that the disk is still there. */
    @Override
    void requireGoing() throws IOException {
        super.requireGoing();
        requireOwnDisk();
    }

    /** Checks the disk: a lost mount leaves an empty directory on the log's own disk. */
    private void requireOwnDisk() throws IOException {
        boolean own = !disks.of(to).equals(disks.of(from));
        if (apart && !own) {
            throw new IOException("the disk of the replica is not mounted: its directory is on the ledger's own disk");
        }
        apart = own;
    }

    /** A copy that cannot be completed only uses up space, which the log may need on a shared disk. */
    private void requireRoom() throws IOException {
        long missing = 0;
        long longest = 0;
        for (long first : LedgerRecovery.segments(from)) {
            String path = "segments/" + Segment.fileName(first);
            long length = GzipFile.stored(from.resolve(path)).toFile().length();
            missing += Math.max(
                    0, length - GzipFile.stored(to.resolve(path)).toFile().length());
            longest = Math.max(longest, length);
        }
        long needed = 2 * missing + longest; // tiles hold the receipts once more
        long room = disks.freeBytes(to);
        if (room < needed) {
            throw new IOException("a full copy needs " + needed + " bytes, but only " + room + " are free");
        }
    }

    private boolean isAsLeft() throws IOException {
        return checkpoint == null ? holds(replicated()) : Arrays.equals(checkpoint, found());
    }

    private byte[] found() throws IOException {
        try {
            return Files.readAllBytes(to.resolve(StaticLog.CHECKPOINT));
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    private boolean holds(long size) throws IOException {
        List<Long> segments = LedgerRecovery.segments(from);
        long last = lastBegun(segments);
        return segments.stream()
                        .filter(first -> first < last)
                        .allMatch(first -> isAsLong("segments/" + Segment.fileName(first)))
                && Tile.layout(size).stream().filter(Tile::isFull).allMatch(tile -> isAsLong(tile.path()));
    }

    private boolean isAsLong(String path) {
        try {
            return GzipFile.length(to.resolve(path)) == GzipFile.length(from.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void beginAgain() {
        lost();
        checkpoint = null;
        segment = 0;
        offset = 0;
        partials = null;
    }

    private void forget(Set<String> now) throws IOException {
        DerivedFiles files = new DerivedFiles(to);
        Set<String> known = partials;
        Set<String> old = new TreeSet<>(known == null ? files.partials() : known);
        old.removeAll(now);
        files.delete(old);
        partials = Set.copyOf(now);
    }

    private void copySegments(CommittedReceipt.FramePosition end) throws IOException {
        List<Long> segments = LedgerRecovery.segments(from);
        long begin = segment < 0 ? lastBegun(segments) : segment;
        for (long first : segments) {
            if (first >= begin && first <= end.segment()) {
                requireGoing();
                int start = first == segment ? offset : 0;
                String path = "segments/" + Segment.fileName(first);
                Path file = from.resolve(path);
                if (!Files.exists(file)) {
                    copyStored(path);
                } else {
                    int stop = first == end.segment() ? end.end() : (int) Files.size(file);
                    copyRange(file, to.resolve(path), start, stop);
                    Files.deleteIfExists(GzipFile.of(to.resolve(path))); // of before it was appended to again
                }
            }
        }
    }

    /** Copies a whole file in the form in which it is here; what was copied of it before it was compressed goes. */
    private void copyStored(String path) throws IOException {
        Path file = GzipFile.stored(from.resolve(path));
        DiskFile.replaceForced(to.resolve(from.relativize(file)), Files.readAllBytes(file));
        if (!file.equals(from.resolve(path))) {
            DiskFile.deletePlain(to.resolve(path));
        }
    }

    /** It may be copied in part; all earlier ones are whole. After a start it is copied again. */
    private long lastBegun(List<Long> segments) {
        return segments.stream()
                .filter(first -> first < replicated())
                .reduce((_, b) -> b)
                .orElse(0L);
    }

    private static void copyRange(Path source, Path target, int start, int stop) throws IOException {
        Files.createDirectories(target.getParent());
        byte[] bytes = new byte[stop - start];
        try (RandomAccessFile in = new RandomAccessFile(source.toFile(), "r")) {
            in.seek(start);
            in.readFully(bytes);
        }
        try (SegmentFile out = DiskFile.open(target)) {
            out.write(bytes, start);
            out.force();
        }
    }
}
