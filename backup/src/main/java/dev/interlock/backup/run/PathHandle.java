package dev.interlock.backup.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HexFormat;

/**
 * Holds a file or directory by name without opening it. Opening a pipe would wait for a writer that may never come, and
 * opening a device may have effects. The JDK has no other way to open; Linux has {@code O_PATH} (open(2)). The held
 * file can be examined, and then read, through {@code /proc/self/fd} (proc(5)).
 */
// This class exists to call the C library; the launcher allows it (--enable-native-access).
@SuppressWarnings("restricted")
public final class PathHandle implements AutoCloseable {

    // Linux, asm-generic/fcntl.h: the same on all processors on which Java 25 runs there.
    private static final int O_PATH = 0x200000;
    private static final int O_CLOEXEC = 0x80000;

    /** Some processors have their own number for this flag. */
    private static final int O_NOFOLLOW = switch (System.getProperty("os.arch", "")) {
        case "amd64", "x86_64", "s390x", "riscv64", "loongarch64" -> 0x20000;
        case "aarch64", "arm", "ppc64", "ppc64le" -> 0x8000;
        default -> throw new IllegalStateException("how a link is not followed is not known here");
    };

    // errno(3)
    private static final int ENOENT = 2;
    private static final int EACCES = 13;
    private static final int ENOTDIR = 20;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = LINKER.downcallHandle(
            LINKER.defaultLookup().find("open").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2),
            Linker.Option.captureCallState("errno"));

    private static final MethodHandle CLOSE = LINKER.downcallHandle(
            LINKER.defaultLookup().find("close").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int descriptor;

    private PathHandle(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Holds {@code path}, or the destination if it is a link.
     *
     * @throws NoSuchFileException if nothing is there
     */
    public static PathHandle on(Path path) throws IOException {
        return on(path, O_PATH | O_CLOEXEC, path);
    }

    /**
     * Holds the entry {@code name} of this directory. A link is held itself.
     *
     * @param called the name for exceptions
     * @throws NoSuchFileException if nothing is there
     */
    PathHandle in(Path name, Path called) throws IOException {
        return on(path().resolve(name), O_PATH | O_CLOEXEC | O_NOFOLLOW, called);
    }

    private static PathHandle on(Path path, int how, Path called) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = bytes(path);
            MemorySegment name = arena.allocate(bytes.length + 1L); // zeroes; the last one terminates the string
            name.copyFrom(MemorySegment.ofArray(bytes));
            MemorySegment state = arena.allocate(STATE);
            int descriptor = (int) OPEN.invokeExact(state, name, how);
            if (descriptor >= 0) {
                return new PathHandle(descriptor);
            }
            throw refused((int) ERRNO.get(state, 0L), called.toString());
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }

    private static FileSystemException refused(int errno, String called) {
        return switch (errno) {
            case ENOENT, ENOTDIR -> new NoSuchFileException(called);
            case EACCES -> new AccessDeniedException(called);
            default -> new FileSystemException(called, null, "it cannot be opened: errno " + errno);
        };
    }

    /**
     * Returns the bytes of a name. A URI preserves them and text may not. For a directory the URI ends in a slash,
     * which is removed because it would follow a link.
     */
    private static byte[] bytes(Path path) {
        String spelt = path.toUri().getRawPath().replaceFirst("(?<=.)/$", "");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < spelt.length(); i++) {
            if (spelt.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(spelt, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(spelt.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    /** Returns a path to the held file, even if another file has its name by now. */
    public Path path() {
        return Path.of("/proc/self/fd", Integer.toString(descriptor));
    }

    BasicFileAttributes attributes() throws IOException {
        return Files.readAttributes(path(), BasicFileAttributes.class);
    }

    @Override
    public void close() {
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }
}
