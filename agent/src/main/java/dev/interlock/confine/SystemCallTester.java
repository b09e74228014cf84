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

/** System calls that the JDK cannot make. Most of them serve to test whether they are refused. */
// This class exists to call the C library; the launcher allows it (--enable-native-access).
@SuppressWarnings("restricted")
final class SystemCallTester implements AutoCloseable {

    private static final int AF_UNIX = 1;
    private static final int CLONE3 = 435;
    private static final int STREAM_NONBLOCKING = 1 | 0x800;
    private static final int DATAGRAM = 2 | 0x80000; // closed for other programs
    private static final int CONNECTION_REFUSED = 111;
    private static final int ADDRESS_BYTES = 110;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));

    /** Numbers that the filter does not need; the others are in {@link SystemCallFilter}. */
    private record Numbers(
            int bind, int listen, int connect, int accept, int ptrace, int setuid, int mount, int kill, int close) {}

    private static final Numbers X86_64 = new Numbers(49, 50, 42, 288, 101, 105, 165, 62, 3);
    private static final Numbers AARCH64 = new Numbers(200, 201, 203, 242, 117, 146, 40, 129, 57);

    private final SystemCallFilter calls =
            SystemCallFilter.of(System.getProperty("os.arch", "")).orElseThrow();
    private final Numbers numbers = System.getProperty("os.arch", "").equals("aarch64") ? AARCH64 : X86_64;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE);

    /** The result of a call: its value, or the error. */
    record SyscallResult(long value, int errno) {
        boolean succeeded() {
            return value >= 0;
        }
    }

    private static final SyscallResult CANNOT_ASK = new SyscallResult(-1, 0);

    SyscallResult socket(int family, int type) {
        return call(calls.socket(), family, type, 0, 0, 0);
    }

    SyscallResult socket(int family, int type, int protocol) {
        return call(calls.socket(), family, type, protocol, 0, 0);
    }

    /** Calls the newer form of {@code clone}, without arguments. */
    SyscallResult clone3() {
        return call(CLONE3, 0, 0, 0, 0, 0);
    }

    SyscallResult terminalInjection() {
        MemorySegment letter = arena.allocateFrom("x");
        return call(calls.ioctl(), 0, 0x5412, letter.address(), 0, 0);
    }

    /** Makes the call at {@code place} in the list of calls that the filter refuses outright. */
    SyscallResult denied(int place, long first, long second) {
        return call(calls.denied().get(place), first, second, 0, 0, 0);
    }

    SyscallResult seize(long pid) {
        return call(numbers.ptrace(), 0x4206, pid, 0, 0, 0);
    }

    SyscallResult signal(long pid, int signal) {
        return call(numbers.kill(), pid, signal, 0, 0, 0);
    }

    SyscallResult becomeRoot() {
        return call(numbers.setuid(), 0, 0, 0, 0, 0);
    }

    SyscallResult mount(String type, String at) {
        MemorySegment name = arena.allocateFrom(type);
        return call(numbers.mount(), name.address(), arena.allocateFrom(at).address(), name.address(), 0, 0);
    }

    /** Listens on a socket that has a name and no file. Only a network namespace separates such sockets. */
    SyscallResult listenAbstract(String name) {
        SyscallResult socket = socket(AF_UNIX, STREAM_NONBLOCKING);
        SyscallResult bound = onAddress(numbers.bind(), socket, name);
        SyscallResult listening = bound.succeeded() ? call(numbers.listen(), socket.value(), 8, 0, 0, 0) : bound;
        return listening.succeeded() ? socket : listening;
    }

    SyscallResult connectAbstract(String name) {
        return onAddress(numbers.connect(), socket(AF_UNIX, STREAM_NONBLOCKING), name);
    }

    /**
     * Returns whether a process may have bound the socket file {@code path}, and so may listen there now or later. The
     * listener does not notice the test. A bound stream socket rejects the datagram socket (EPROTOTYPE), and a bound
     * datagram socket is sent nothing. An unbound socket refuses the connection (ECONNREFUSED, unix(7)).
     */
    boolean isBound(Path path) {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        int length = 2 + name.length + 1;
        SyscallResult socket = length > ADDRESS_BYTES ? CANNOT_ASK : socket(AF_UNIX, DATAGRAM);
        if (!socket.succeeded()) {
            return true;
        }
        MemorySegment address = arena.allocate(ADDRESS_BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
        SyscallResult asked = call(numbers.connect(), socket.value(), address.address(), length, 0, 0);
        call(numbers.close(), socket.value(), 0, 0, 0, 0);
        return asked.errno() != CONNECTION_REFUSED;
    }

    /** Returns whether anybody has connected to {@code listener}. */
    boolean wasReached(long listener) {
        return call(numbers.accept(), listener, 0, 0, 0, 0).succeeded();
    }

    // unix(7): a name that begins with NUL is no path.
    private SyscallResult onAddress(int number, SyscallResult socket, String name) {
        if (!socket.succeeded()) {
            return socket;
        }
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        MemorySegment address = arena.allocate(ADDRESS_BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 3, bytes.length);
        return call(number, socket.value(), address.address(), 3 + bytes.length, 0, 0);
    }

    private SyscallResult call(long number, long a, long b, long c, long d, long e) {
        try {
            long value = (long) SYSCALL.invokeExact(state, number, a, b, c, d, e);
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
