package dev.interlock.confine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The system calls that namespaces leave open and an agent does not need, refused by a classic BPF program.
 *
 * <p>A network namespace does not hold {@code AF_VSOCK}, which reaches a virtual machine's host; a user namespace does
 * not hold the session keyring that the launcher was started with; {@code TIOCSTI} types into the launcher's terminal;
 * and {@code io_uring} opens sockets without any call that a filter sees.
 *
 * @param architecture the audit number of the processor's calling convention
 * @param socket the number of {@code socket}
 * @param ioctl the number of {@code ioctl}
 * @param denied numbers that are refused whatever their arguments
 */
record SystemCalls(int architecture, int socket, int ioctl, List<Integer> denied) {

    // In order: add_key, request_key, keyctl; io_uring_setup, _enter, _register; bpf, userfaultfd, perf_event_open.
    private static final SystemCalls X86_64 =
            new SystemCalls(0xC000_003E, 41, 16, List.of(248, 249, 250, 425, 426, 427, 321, 323, 298));
    private static final SystemCalls AARCH64 =
            new SystemCalls(0xC000_00B7, 198, 29, List.of(217, 218, 219, 425, 426, 427, 280, 282, 241));

    /** {@code AF_UNIX}, {@code AF_INET}, {@code AF_INET6}, {@code AF_NETLINK}: what the network namespace does hold. */
    private static final List<Integer> FAMILIES = List.of(1, 2, 10, 16);

    /** {@code TIOCSTI} and {@code TIOCLINUX}: both put characters into a terminal's input. */
    private static final List<Integer> TERMINAL_INJECTIONS = List.of(0x5412, 0x541C);

    /** Calls of the x32 convention carry this bit and would pass by every number below. */
    private static final int X32 = 0x4000_0000;

    private static final int KILL = 0x8000_0000;
    private static final int ALLOW = 0x7FFF_0000;
    private static final int NOT_PERMITTED = 0x0005_0000 | 1;
    private static final int NO_SUCH_CALL = 0x0005_0000 | 38;
    private static final int NO_SUCH_FAMILY = 0x0005_0000 | 97;

    // Offsets in the kernel's seccomp_data; arguments are 64 bits, of which the low half comes first.
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;
    private static final int SECOND_ARGUMENT = 24;

    SystemCalls {
        denied = List.copyOf(denied);
    }

    /** The filter for this processor; empty if there is none, and then nothing may be started. */
    static Optional<SystemCalls> of(String processor) {
        return switch (processor) {
            case "amd64", "x86_64" -> Optional.of(X86_64);
            case "aarch64" -> Optional.of(AARCH64);
            default -> Optional.empty();
        };
    }

    /** The program, as {@code bwrap --seccomp} reads it. */
    byte[] program() {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.load(ARCHITECTURE));
        steps.add(Step.ifEqual(architecture, 1, 0));
        steps.add(Step.answer(KILL));
        steps.add(Step.load(NUMBER));
        steps.add(Step.ifAtLeast(X32, 0, 1));
        steps.add(Step.answer(NO_SUCH_CALL));
        denied.forEach(number -> steps.addAll(refuse(number, NOT_PERMITTED)));
        steps.addAll(judge(ioctl, SECOND_ARGUMENT, TERMINAL_INJECTIONS, NOT_PERMITTED, ALLOW));
        steps.addAll(judge(socket, FIRST_ARGUMENT, FAMILIES, ALLOW, NO_SUCH_FAMILY));
        steps.add(Step.answer(ALLOW));
        return bytes(steps);
    }

    private static List<Step> refuse(int value, int answer) {
        return List.of(Step.ifEqual(value, 0, 1), Step.answer(answer));
    }

    /**
     * If the call is {@code number}: {@code listed} for the arguments in {@code values}, {@code others} for the rest.
     */
    private static List<Step> judge(int number, int argument, List<Integer> values, int listed, int others) {
        List<Step> inner = new ArrayList<>();
        inner.add(Step.load(argument));
        values.forEach(value -> inner.addAll(refuse(value, listed)));
        inner.add(Step.answer(others));
        List<Step> steps = new ArrayList<>();
        steps.add(Step.ifEqual(number, 0, inner.size()));
        steps.addAll(inner);
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

    /** One instruction of classic BPF; jumps count instructions to leave out. */
    private record Step(int code, int ifTrue, int ifFalse, int value) {

        private static final int BYTES = 8;

        private static Step load(int offset) {
            return new Step(0x20, 0, 0, offset);
        }

        private static Step ifEqual(int value, int ifTrue, int ifFalse) {
            return new Step(0x15, ifTrue, ifFalse, value);
        }

        private static Step ifAtLeast(int value, int ifTrue, int ifFalse) {
            return new Step(0x35, ifTrue, ifFalse, value);
        }

        private static Step answer(int value) {
            return new Step(0x06, 0, 0, value);
        }
    }
}
