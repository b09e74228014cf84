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
 * What there is of a file system: statvfs(3), as the JDK does not say how many more files it takes.
 *
 * @param bytes of all of it
 * @param freeBytes that anybody can write
 * @param files that it can hold; 0 where it sets no number
 * @param freeFiles of those, that anybody can make
 */
record DiskSpace(long bytes, long freeBytes, long files, long freeFiles) {

    /** Linux, 64 bits: {@code f_frsize}, {@code f_blocks}, {@code f_bavail}, {@code f_files}, {@code f_favail}. */
    private static final int FRAGMENT = 1;

    private static final int BLOCKS = 2;
    private static final int FREE_BLOCKS = 4;
    private static final int FILES = 5;
    private static final int FREE_FILES = 7;

    /** It is some 112 bytes long. */
    private static final int WORDS = 32;

    // Calling the C library is what it is for; the launcher allows it (--enable-native-access).
    @SuppressWarnings("restricted")
    private static final MethodHandle STATVFS = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("statvfs").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

    /** Of the one that {@code path} lies on. */
    static DiskSpace at(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(ValueLayout.JAVA_LONG, WORDS);
            if ((int) STATVFS.invokeExact(arena.allocateFrom(path.toString()), found) != 0) {
                throw new IOException("`" + path + "`: what is free there cannot be found out");
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
