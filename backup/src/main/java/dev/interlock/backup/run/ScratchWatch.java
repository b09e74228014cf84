package dev.interlock.backup.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends a restore before it fills the disk: restored data may run code, such as a CHECK constraint's function, and the
 * gateway's ledger may be on the same disk. Free space counts deleted but open files and writes of others too.
 * Threading: its own thread watches; any thread may ask.
 */
public final class ScratchWatch implements AutoCloseable {

    private static final long SPARE_BYTES = 1L << 30; // bytes that stay free; a tenth of a small file system
    /** Files that can still be created; a tenth of what a small file system can hold. */
    private static final long SPARE_FILES = 10_000;

    private static final int SPARE_PART = 10;
    private static final String ROOM_FOR_OTHERS =
            " must stay free for others: free some space, or set `scratch` in backups.yaml to a directory with more, best on a separate file system";

    private static final long PAUSE_MILLIS = 100;

    private final Path scratch;
    private final Runnable end;
    private final Space space;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Object ending = new Object();
    private volatile Optional<String> trouble = Optional.empty();

    @FunctionalInterface
    interface Space {
        DiskSpace at(Path path) throws IOException;
    }

    private ScratchWatch(Path scratch, Runnable end, Space space) {
        this.scratch = scratch;
        this.end = end;
        this.space = space;
    }

    /** Watches the file system of {@code scratch} until it is closed; {@code end} runs once the space is too low. */
    public static ScratchWatch begin(Path scratch, Runnable end) throws IOException {
        return begin(scratch, end, DiskSpace::at);
    }

    static ScratchWatch begin(Path scratch, Runnable end, Space space) throws IOException {
        ScratchWatch watch = new ScratchWatch(scratch, end, space);
        watch.trouble = watch.look();
        watch.requireRoom();
        Thread.ofPlatform().daemon().name("scratch").start(watch::watch);
        return watch;
    }

    private void watch() {
        found().ifPresent(this::end);
    }

    private Optional<String> found() {
        try {
            while (!over.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                Optional<String> found = look();
                if (found.isPresent()) {
                    return found;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private Optional<String> look() {
        try {
            return trouble(space.at(scratch));
        } catch (IOException | RuntimeException e) {
            return Optional.of("its disk usage can no longer be read: " + e.getMessage());
        }
    }

    /** Ends the restore, unless it is over: a check that began before must not affect the next work. */
    private void end(String why) {
        synchronized (ending) {
            if (over.getCount() > 0) {
                trouble = Optional.of(why);
                end.run();
            }
        }
    }

    static Optional<String> trouble(DiskSpace now) {
        long spare = Math.min(SPARE_BYTES, now.bytes() / SPARE_PART);
        if (now.bytes() > 0 && now.freeBytes() < spare) { // file systems of a server may report no size
            return Optional.of("only " + mebibytes(now.freeBytes()) + " are free there, and " + mebibytes(spare)
                    + ROOM_FOR_OTHERS);
        }
        long spareFiles = Math.min(SPARE_FILES, now.files() / SPARE_PART);
        if (now.files() > 0 && now.freeFiles() < spareFiles) {
            return Optional.of(
                    "only " + now.freeFiles() + " more files can be made there, and " + spareFiles + ROOM_FOR_OTHERS);
        }
        return Optional.empty();
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** Throws if the restore was ended for lack of space. */
    public void requireRoom() throws InconclusiveException {
        if (trouble.isPresent()) {
            throw new InconclusiveException("its restore test did not finish, in `" + scratch + "`: " + trouble.get());
        }
    }

    /**
     * Requires the same at the end of a restore, after which nothing is ended any more. The space is checked once more,
     * because the disk may be full before the watch noticed.
     */
    public void requireRoomToTheEnd() throws InconclusiveException {
        Optional<String> now = look();
        synchronized (ending) {
            if (trouble.isEmpty()) {
                trouble = now;
            }
            requireRoom();
            over.countDown();
        }
    }

    /** Returns a progress that ends the work at its next step if there is no space. */
    public Progress over(Progress progress) {
        return (doing, bytes) -> {
            try {
                requireRoom();
            } catch (InconclusiveException e) {
                throw new UncheckedIOException(e);
            }
            progress.at(doing, bytes);
        };
    }

    @Override
    public void close() {
        synchronized (ending) {
            over.countDown();
        }
    }

    /**
     * The space of a file system, by statvfs(3), as for unprivileged users; the JDK does not tell how many more files
     * fit. {@code files} is 0 if there is no maximum.
     */
    record DiskSpace(long bytes, long freeBytes, long files, long freeFiles) {

        // Offsets on 64-bit Linux: f_frsize, f_blocks, f_bavail, f_files, f_favail.
        private static final int FRAGMENT = 1;
        private static final int BLOCKS = 2;
        private static final int FREE_BLOCKS = 4;
        private static final int FILES = 5;
        private static final int FREE_FILES = 7;
        private static final int WORDS = 32;

        // This class exists to call the C library; the launcher allows it (--enable-native-access).
        @SuppressWarnings("restricted")
        private static final MethodHandle STATVFS = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().find("statvfs").orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

        static DiskSpace at(Path path) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment found = arena.allocate(ValueLayout.JAVA_LONG, WORDS);
                if ((int) STATVFS.invokeExact(arena.allocateFrom(path.toString()), found) != 0) {
                    throw new IOException("`" + path + "`: its free space cannot be determined");
                }
                long fragment = word(found, FRAGMENT);
                return new DiskSpace(
                        word(found, BLOCKS) * fragment,
                        word(found, FREE_BLOCKS) * fragment,
                        word(found, FILES),
                        word(found, FREE_FILES));
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("the C library cannot be called", e);
            }
        }

        private static long word(MemorySegment found, int index) {
            return found.getAtIndex(ValueLayout.JAVA_LONG, index);
        }
    }
}
