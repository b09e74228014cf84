package dev.interlock.confine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The system calls that namespaces leave open and an agent does not need. A classic BPF program refuses them.
 *
 * <p>A network namespace does not block {@code AF_VSOCK}, which reaches a virtual machine's host; a user namespace
 * neither the launcher's session keyring nor the kernel's log. {@code TIOCSTI} types into the launcher's terminal.
 * {@code io_uring} opens sockets without any call that a filter sees. Most privilege escalations began with calls that
 * make namespaces and mounts.
 *
 * @param architecture the audit number of the processor's calling convention
 * @param fork the number of {@code clone}, whose first argument says which namespaces are to be new
 * @param denied numbers that are refused whatever their arguments
 */
record SystemCallFilter(int architecture, int socket, int socketpair, int ioctl, int fork, List<Integer> denied) {

    // In order: add_key, request_key, keyctl; io_uring_setup, _enter, _register; bpf, userfaultfd, perf_event_open;
    // open_by_handle_at, syslog; unshare, setns; mount, umount2, pivot_root; open_tree, move_mount, fsopen, fsconfig,
    // fsmount, fspick, mount_setattr.
    private static final SystemCallFilter X86_64 = new SystemCallFilter(
            0xC000_003E,
            41,
            53,
            16,
            56,
            List.of(
                    248, 249, 250, 425, 426, 427, 321, 323, 298, 304, 103, 272, 308, 165, 166, 155, 428, 429, 430, 431,
                    432, 433, 442));
    private static final SystemCallFilter AARCH64 = new SystemCallFilter(
            0xC000_00B7,
            198,
            199,
            29,
            220,
            List.of(
                    217, 218, 219, 425, 426, 427, 280, 282, 241, 265, 116, 97, 268, 40, 39, 41, 428, 429, 430, 431, 432,
                    433, 442));

    /**
     * {@code clone3} on every processor. No filter can read its arguments in memory. If refused, libraries use clone.
     */
    private static final int CLONE3 = 435;

    private static final int NEW_NAMESPACES = 0x7E02_0000;

    private static final int NETLINK = 16;

    /** {@code NETLINK_ROUTE}: the addresses of this machine. The other protocols reach other parts of the kernel. */
    private static final int ROUTES = 0;

    /** Unix, IPv4, IPv6 and netlink: the families that the network namespace does confine. */
    private static final List<Integer> FAMILIES = List.of(1, 2, 10, 16);

    /**
     * {@code TIOCSTI} and {@code TIOCLINUX} put characters into a terminal's input. {@code TIOCSETD} makes the kernel
     * load any terminal driver that is asked for.
     */
    private static final List<Integer> TERMINAL_INJECTIONS = List.of(0x5412, 0x541C, 0x5423);

    /** Calls of the x32 convention carry this bit, and would match none of the numbers below. */
    private static final int X32 = 0x4000_0000;

    private static final int KILL = 0x8000_0000;
    private static final int ALLOW = 0x7FFF_0000;
    private static final int NOT_PERMITTED = 0x0005_0000 | 1;
    private static final int NO_SUCH_CALL = 0x0005_0000 | 38;
    private static final int NO_SUCH_FAMILY = 0x0005_0000 | 97;

    // Offsets in the kernel's seccomp_data. Arguments have 64 bits, and their low half comes first.
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;
    private static final int SECOND_ARGUMENT = 24;
    private static final int THIRD_ARGUMENT = 32;

    SystemCallFilter {
        denied = List.copyOf(denied);
    }

    /** Returns the filter for this processor. If there is none, nothing may be started. */
    static Optional<SystemCallFilter> of(String processor) {
        return switch (processor) {
            case "amd64", "x86_64" -> Optional.of(X86_64);
            case "aarch64" -> Optional.of(AARCH64);
            default -> Optional.empty();
        };
    }

    /** Returns the program, as {@code bwrap --seccomp} reads it. */
    byte[] program() {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.load(ARCHITECTURE));
        steps.add(Step.ifEqual(architecture, 1, 0));
        steps.add(Step.answer(KILL));
        steps.add(Step.load(NUMBER));
        steps.add(Step.ifAtLeast(X32, 0, 1));
        steps.add(Step.answer(NO_SUCH_CALL));
        denied.forEach(number -> steps.addAll(refuse(number, NOT_PERMITTED)));
        steps.addAll(refuse(CLONE3, NO_SUCH_CALL));
        steps.addAll(only(
                fork,
                List.of(
                        Step.load(FIRST_ARGUMENT),
                        Step.ifAnyOf(NEW_NAMESPACES, 0, 1),
                        Step.answer(NOT_PERMITTED),
                        Step.answer(ALLOW))));
        steps.addAll(judge(ioctl, SECOND_ARGUMENT, TERMINAL_INJECTIONS, NOT_PERMITTED, ALLOW));
        steps.addAll(only(
                socket,
                List.of(
                        Step.load(FIRST_ARGUMENT),
                        Step.ifEqual(NETLINK, 0, 3),
                        Step.load(THIRD_ARGUMENT),
                        Step.ifEqual(ROUTES, 1, 0),
                        Step.answer(NO_SUCH_FAMILY))));
        steps.addAll(judge(socket, FIRST_ARGUMENT, FAMILIES, ALLOW, NO_SUCH_FAMILY));
        steps.addAll(judge(socketpair, FIRST_ARGUMENT, FAMILIES, ALLOW, NO_SUCH_FAMILY));
        steps.add(Step.answer(ALLOW));
        return bytes(steps);
    }

    private static List<Step> refuse(int value, int answer) {
        return List.of(Step.ifEqual(value, 0, 1), Step.answer(answer));
    }

    private static List<Step> judge(int number, int argument, List<Integer> values, int listed, int others) {
        List<Step> inner = new ArrayList<>();
        inner.add(Step.load(argument));
        values.forEach(value -> inner.addAll(refuse(value, listed)));
        inner.add(Step.answer(others));
        return only(number, inner);
    }

    /** If {@code inner}, for the call {@code number}, gives no answer, the number is loaded again. */
    private static List<Step> only(int number, List<Step> inner) {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.ifEqual(number, 0, inner.size()));
        steps.addAll(inner);
        steps.add(Step.load(NUMBER));
        return steps;
    }

    private static byte[] bytes(List<Step> steps) {
        ByteBuffer out = ByteBuffer.allocate(steps.size() * Step.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        steps.forEach(step -> out.putShort((short) step.code)
                .put((byte) step.ifTrue)
                .put((byte) step.ifFalse)
                .putInt(step.value));
        return out.array();
    }

    /** One instruction of classic BPF. Jumps give the number of instructions to skip. */
    private record Step(int code, int ifTrue, int ifFalse, int value) {

        private static final int BYTES = 8;

        private static Step load(int offset) {
            return new Step(0x20, 0, 0, offset);
        }

        private static Step ifEqual(int value, int ifTrue, int ifFalse) {
            return new Step(0x15, ifTrue, ifFalse, value);
        }

        private static Step ifAnyOf(int bits, int ifTrue, int ifFalse) {
            return new Step(0x45, ifTrue, ifFalse, bits);
        }

        private static Step ifAtLeast(int value, int ifTrue, int ifFalse) {
            return new Step(0x35, ifTrue, ifFalse, value);
        }

        private static Step answer(int value) {
            return new Step(0x06, 0, 0, value);
        }
    }
}
