package dev.interlock.backup.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends what restores a backup before it has filled the disk: what is restored may run, as a CHECK's function does, and
 * what lies on the same disk, perhaps the gateway's ledger, could not be written any more. What is filled is read off
 * the file system, so that files which have no name any more count too, and what others write meanwhile.
 *
 * <p>Threading: a thread of its own looks; any may ask.
 */
public final class ScratchWatch implements AutoCloseable {

    /** Stay free, or a tenth of a small file system. */
    private static final long SPARE_BYTES = 1L << 30;

    /** Can still be made there, or a tenth of what a small file system can hold. */
    private static final long SPARE_FILES = 10_000;

    private static final int SPARE_PART = 10;

    private static final String ROOM_FOR_OTHERS = " must stay so for others: make room, or have `scratch` in"
            + " backups.yaml name a directory with more, best on a file system of its own";

    private static final long PAUSE_MILLIS = 100;

    private final Path scratch;
    private final long most;
    private final Runnable end;
    private final DiskSpace before;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Optional<String> trouble = Optional.empty();

    private ScratchWatch(Path scratch, long most, Runnable end, DiskSpace before) {
        this.scratch = scratch;
        this.most = most;
        this.end = end;
        this.before = before;
    }

    /**
     * Watches until it is closed.
     *
     * @param scratch as it is called where it is named, on the file system that it is restored into
     * @param most how many bytes that can take at the very most
     * @param end is run once there is trouble
     * @throws DisturbedException if there is no room to begin with
     */
    public static ScratchWatch begin(Path scratch, long most, Runnable end) throws IOException {
        ScratchWatch watch = new ScratchWatch(scratch, most, end, DiskSpace.at(scratch));
        watch.look();
        watch.requireRoom();
        Thread.ofPlatform().daemon().name("scratch").start(watch::watch);
        return watch;
    }

    private void watch() {
        try {
            while (trouble.isEmpty() && !over.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            trouble = Optional.of(unseen(e));
        }
        if (trouble.isPresent()) {
            end.run();
        }
    }

    /** What was found stays found: it is not known what became of what was restored meanwhile. */
    private synchronized void look() throws IOException {
        if (trouble.isEmpty()) {
            trouble = trouble(before, DiskSpace.at(scratch), most);
        }
    }

    /** What is wrong, if anything is, {@code now} and since what was {@code before}. */
    static Optional<String> trouble(DiskSpace before, DiskSpace now, long most) {
        long spare = Math.min(SPARE_BYTES, now.bytes() / SPARE_PART);
        if (now.bytes() > 0 && now.freeBytes() < spare) { // those that others serve may know no size
            return Optional.of("only " + megabytes(now.freeBytes()) + " are free there, and " + megabytes(spare)
                    + ROOM_FOR_OTHERS);
        }
        long spareFiles = Math.min(SPARE_FILES, now.files() / SPARE_PART);
        if (now.files() > 0 && now.freeFiles() < spareFiles) {
            return Optional.of(
                    "only " + now.freeFiles() + " more files can be made there, and " + spareFiles + ROOM_FOR_OTHERS);
        }
        long filled = before.freeBytes() - now.freeBytes();
        return filled <= most
                ? Optional.empty()
                : Optional.of(megabytes(filled) + " were filled there since it began, and what it holds takes "
                        + megabytes(most) + " at the very most: look what in it writes when it is restored, as a"
                        + " function of a CHECK or of an index can, or who else does there");
    }

    private static String megabytes(long bytes) {
        return (bytes >> 20) + " MB";
    }

    /**
     * Requires that there was room all the time.
     *
     * @throws DisturbedException if it was ended; which says nothing about the backup
     */
    public void requireRoom() throws DisturbedException {
        if (trouble.isPresent()) {
            throw new DisturbedException("it was not tried to its end, in `" + scratch + "`: " + trouble.get());
        }
    }

    /**
     * As {@link #requireRoom}, having looked once more: a disk may be full before anybody has seen it fill.
     *
     * @throws DisturbedException as there, and if it cannot be looked at any more
     */
    public void requireRoomNow() throws DisturbedException {
        try {
            look();
        } catch (IOException e) {
            trouble = Optional.of(unseen(e));
        }
        requireRoom();
    }

    private static String unseen(Exception e) {
        return "what it fills cannot be seen any more: " + e.getMessage();
    }

    /** What {@code progress} is, and ends who writes in this process: {@code end} can only end other programs. */
    public Progress over(Progress progress) {
        return new Progress() {
            @Override
            public void at(String doing, long bytes) {
                try {
                    requireRoom();
                } catch (DisturbedException e) {
                    throw new UncheckedIOException(e);
                }
                progress.at(doing, bytes);
            }

            @Override
            public void expect(String doing, long bytes) {
                progress.expect(doing, bytes);
            }

            @Override
            public void expectAbout(String doing, long bytes) {
                progress.expectAbout(doing, bytes);
            }
        };
    }

    @Override
    public void close() {
        over.countDown();
    }
}
