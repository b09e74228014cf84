package dev.interlock.confine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** System calls that the JDK cannot make. Most of them serve to test whether they are refused. */
// This class exists to call the C library; the launcher allows it (--enable-native-access).
@SuppressWarnings("restricted")
final class SystemCallTester implements AutoCloseable {

    static final int CLONE3 = 435;
    private static final int AF_UNIX = 1;
    private static final int STREAM_NONBLOCKING = 1 | 0x800;
    private static final int DATAGRAM = 2 | 0x80000; // closed for other programs
    private static final int CONNECTION_REFUSED = 111;
    private static final int ADDRESS_BYTES = 110;
    private static final int ARGUMENTS = 5;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;

    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(WORD, WORD, WORD, WORD, WORD, WORD, WORD),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));

    /** Numbers that the filter does not need; the others are in {@link SystemCallFilter}. */
    record CallNumbers(
            int bind, int listen, int connect, int accept, int ptrace, int setuid, int mount, int kill, int close) {}

    private static final CallNumbers X86_64 = new CallNumbers(49, 50, 42, 288, 101, 105, 165, 62, 3);
    private static final CallNumbers AARCH64 = new CallNumbers(200, 201, 203, 242, 117, 146, 40, 129, 57);

    private final SystemCallFilter calls =
            SystemCallFilter.of(System.getProperty("os.arch", "")).orElseThrow();
    private final CallNumbers numbers = System.getProperty("os.arch", "").equals("aarch64") ? AARCH64 : X86_64;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE);

    record SyscallResult(long value, int errno) {
        boolean succeeded() {
            return value >= 0;
        }
    }

    SystemCallFilter calls() {
        return calls;
    }

    CallNumbers numbers() {
        return numbers;
    }

    /** Returns the address of {@code text}, as C has it. */
    long text(String text) {
        return arena.allocateFrom(text).address();
    }

    SyscallResult socket(int family, int type, int protocol) {
        return call(calls.socket(), family, type, protocol);
    }

    /** Listens on a socket that has a name and no file. Only a network namespace separates such sockets. */
    SyscallResult listenAbstract(String name) {
        SyscallResult socket = socket(AF_UNIX, STREAM_NONBLOCKING, 0);
        SyscallResult bound = onAddress(numbers.bind(), socket, "\0" + name, 0);
        SyscallResult listening = bound.succeeded() ? call(numbers.listen(), socket.value(), 8) : bound;
        return listening.succeeded() ? socket : listening;
    }

    SyscallResult connectAbstract(String name) {
        return onAddress(numbers.connect(), socket(AF_UNIX, STREAM_NONBLOCKING, 0), "\0" + name, 0);
    }

    /**
     * Returns whether a process may have bound the socket file {@code path}, and so may listen there now or later. The
     * listener does not notice the test. A bound stream socket rejects the datagram socket (EPROTOTYPE), and a bound
     * datagram socket is sent nothing. An unbound socket refuses the connection (ECONNREFUSED, unix(7)).
     */
    boolean isBound(Path path) {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length + 3 > ADDRESS_BYTES) {
            return true; // it cannot be asked
        }
        SyscallResult socket = socket(AF_UNIX, DATAGRAM, 0);
        SyscallResult asked = onAddress(numbers.connect(), socket, path.toString(), 1);
        if (socket.succeeded()) {
            call(numbers.close(), socket.value());
        }
        return asked.errno() != CONNECTION_REFUSED;
    }

    /** Returns whether anybody has connected to {@code listener}. */
    boolean wasReached(long listener) {
        return call(numbers.accept(), listener).succeeded();
    }

    /** Makes a call with a socket's address (unix(7)): a path ends with NUL, and another name begins with it. */
    private SyscallResult onAddress(int number, SyscallResult socket, String name, int ending) {
        if (!socket.succeeded()) {
            return socket;
        }
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(ADDRESS_BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 2, bytes.length);
        return call(number, socket.value(), address.address(), 2L + bytes.length + ending);
    }

    /** Makes the call {@code number}; missing arguments are 0. */
    SyscallResult call(long number, long... arguments) {
        long[] all = Arrays.copyOf(arguments, ARGUMENTS);
        try {
            long value = (long) SYSCALL.invokeExact(state, number, all[0], all[1], all[2], all[3], all[4]);
            return new SyscallResult(value, value < 0 ? (int) ERRNO.get(state, 0L) : 0);
        } catch (Throwable t) {
            throw new IllegalStateException("the C library cannot be called", t);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
