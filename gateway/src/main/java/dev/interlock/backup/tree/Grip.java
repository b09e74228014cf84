package dev.interlock.backup.tree;

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
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Holds on to what has a name at this moment, without opening it: to open a pipe waits for whoever writes to it, which
 * may be nobody, and to open a device may do something. The JDK knows no other way to open; Linux has {@code O_PATH}
 * (open(2)), and what is held so can be looked at, and then be read, by way of {@code /proc/self/fd} (proc(5)).
 */
// Calling the C library is what it is for; the launcher allows it (--enable-native-access).
@SuppressWarnings("restricted")
final class Grip implements AutoCloseable {

    // Linux, asm-generic/fcntl.h: the same on x86-64 and AArch64.
    private static final int O_PATH = 0x200000;
    private static final int O_CLOEXEC = 0x80000;

    // errno(3)
    private static final int ENOENT = 2;
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

    private Grip(int descriptor) {
        this.descriptor = descriptor;
    }

    /** On {@code path}, or on what a link there leads to. @throws NoSuchFileException if nothing is there */
    static Grip on(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = bytes(path);
            MemorySegment name = arena.allocate(bytes.length + 1L); // zeroes, of which the last ends it
            name.copyFrom(MemorySegment.ofArray(bytes));
            MemorySegment state = arena.allocate(STATE);
            int descriptor = (int) OPEN.invokeExact(state, name, O_PATH | O_CLOEXEC);
            if (descriptor >= 0) {
                return new Grip(descriptor);
            }
            int errno = (int) ERRNO.get(state, 0L);
            throw errno == ENOENT || errno == ENOTDIR
                    ? new NoSuchFileException(path.toString())
                    : new FileSystemException(path.toString(), null, "it cannot be opened: errno " + errno);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }

    /** Names are bytes, which a URI spells and a text need not. */
    private static byte[] bytes(Path path) {
        String spelt = path.toUri().getRawPath();
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

    /** What is held, whatever has its name by now. */
    Path path() {
        return Path.of("/proc/self/fd", Integer.toString(descriptor));
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
