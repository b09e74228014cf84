package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests who can enter a directory, according to the kernel. */
@Tag("process")
class DirectoryAccessTest {

    private static final int USER = 61_999;

    @TempDir
    private Path directory;

    /**
     * Gives {@code user} all rights to {@code path} by an access control list (acl(5)), while its mode gives others
     * none.
     */
    static boolean lets(Path path, int user) {
        ByteBuffer list = ByteBuffer.allocate(4 + 5 * 8).order(ByteOrder.LITTLE_ENDIAN);
        list.putInt(2); // the version, then each entry: its kind, its rights, its user or group
        int[][] entries = {{1, 7, -1}, {2, 7, user}, {4, 0, -1}, {0x10, 7, -1}, {0x20, 0, -1}};
        for (int[] entry : entries) {
            list.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
        }
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            @SuppressWarnings("restricted") // the JDK has no way to write such a list
            MethodHandle setxattr = linker.downcallHandle(
                    linker.defaultLookup().find("setxattr").orElseThrow(),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT));
            MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_BYTE, list.array());
            return (int) setxattr.invokeExact(
                            arena.allocateFrom(path.toString()),
                            arena.allocateFrom("system.posix_acl_access"),
                            value,
                            (long) list.capacity(),
                            0)
                    == 0;
        } catch (Throwable e) { // declared by method handles
            throw new IllegalStateException(e);
        }
    }

    private Path directory(String name, int owner, String rights) throws IOException {
        Path made = Files.createDirectory(directory.resolve(name));
        Files.setAttribute(made, "unix:uid", owner);
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(rights));
        return made;
    }

    @Test
    void whoGetsInIsWhatTheKernelSays() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        Path own = directory("own", USER, "rwx------");
        Path shut = directory("shut", USER, "rw-rwxrwx");
        Path open = directory("open", 0, "rwx-----x");
        Path closed = directory("closed", 0, "rwx------");
        Path grouped = directory("grouped", 0, "rwxrwx---");
        Files.setAttribute(grouped, "unix:gid", USER);
        Path others = directory("others", 0, "rwxrwx---");
        Path listed = directory("listed", 0, "rwx------");
        assumeTrue(lets(listed, USER), "this file system has no lists of access");
        Path gone = directory.resolve("gone");
        assertThat(DirectoryAccess.of(List.of(own, shut, open, closed, grouped, others, listed, gone), USER))
                .isEqualTo(Map.of(
                        own,
                        DirectoryAccess.NOW,
                        shut,
                        DirectoryAccess.AFTER_CHMOD,
                        open,
                        DirectoryAccess.NOW,
                        closed,
                        DirectoryAccess.NONE,
                        grouped,
                        DirectoryAccess.NOW,
                        others,
                        DirectoryAccess.NONE,
                        listed,
                        DirectoryAccess.NOW,
                        gone,
                        DirectoryAccess.NONE));
    }

    /** There are more than one command line holds. */
    @Test
    void anyNumberIsAskedAbout() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        List<Path> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Path made = directory("x".repeat(200) + i, 0, "rwxrwx---");
            if (i % 2 == 0) {
                Files.setAttribute(made, "unix:gid", USER);
            }
            all.add(made);
        }
        Map<Path, DirectoryAccess> access = DirectoryAccess.of(all, USER);
        for (int i = 0; i < all.size(); i++) {
            assertThat(access.get(all.get(i))).isEqualTo(i % 2 == 0 ? DirectoryAccess.NOW : DirectoryAccess.NONE);
        }
    }
}
