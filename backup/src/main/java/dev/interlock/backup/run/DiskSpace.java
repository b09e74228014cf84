package dev.interlock.backup.run;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The space of a file system, by statvfs(3), as for unprivileged users; the JDK does not tell how many more files fit.
 * {@code files} is 0 if there is no maximum.
 */
record DiskSpace(long bytes, long freeBytes, long files, long freeFiles) {

    /** Offsets on 64-bit Linux: f_frsize, f_blocks, f_bavail, f_files, f_favail. */
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
