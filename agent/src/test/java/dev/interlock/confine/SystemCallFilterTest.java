package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the filter's program like the kernel does, for both processors. */
class SystemCallFilterTest {

    private static final long ALLOWED = 0x7FFF_0000L;
    private static final long NOT_PERMITTED = 0x0005_0001L;
    private static final long NO_SUCH_CALL = 0x0005_0026L;
    private static final long NO_SUCH_FAMILY = 0x0005_0061L;
    private static final long KILLED = 0x8000_0000L;

    private static final long X86_64 = 0xC000_003EL;

    /** Returns the filter's answer on {@code processor} to a call by that processor's own convention. */
    private static long answer(String processor, int number, long... arguments) {
        return judged(processor, processor.equals("amd64") ? X86_64 : 0xC000_00B7L, number, arguments);
    }

    // Runs classic BPF over a structure of number, architecture, instruction pointer and six arguments (seccomp(2)).
    private static long judged(String processor, long architecture, int number, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt((int) architecture).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        byte[] program = SystemCallFilter.of(processor).orElseThrow().program();
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        long loaded = 0;
        for (int at = 0; ; at++) {
            int what = code.getShort(at * 8);
            int ifTrue = code.get(at * 8 + 2) & 0xFF;
            int ifFalse = code.get(at * 8 + 3) & 0xFF;
            long value = Integer.toUnsignedLong(code.getInt(at * 8 + 4));
            switch (what) {
                case 0x20 -> loaded = Integer.toUnsignedLong(data.getInt((int) value));
                case 0x15 -> at += loaded == value ? ifTrue : ifFalse;
                case 0x35 -> at += loaded >= value ? ifTrue : ifFalse;
                case 0x45 -> at += (loaded & value) != 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return value;
                }
                default -> throw new AssertionError("no such instruction: " + what);
            }
        }
    }

    /** Copied from the kernel's tables of numbers: a test cannot query another processor. */
    @ParameterizedTest
    @CsvSource({
        "amd64, 248, add_key",
        "amd64, 249, request_key",
        "amd64, 250, keyctl",
        "amd64, 425, io_uring_setup",
        "amd64, 426, io_uring_enter",
        "amd64, 427, io_uring_register",
        "amd64, 321, bpf",
        "amd64, 323, userfaultfd",
        "amd64, 298, perf_event_open",
        "amd64, 304, open_by_handle_at",
        "amd64, 103, syslog",
        "amd64, 272, unshare",
        "amd64, 308, setns",
        "amd64, 165, mount",
        "amd64, 166, umount2",
        "amd64, 155, pivot_root",
        "aarch64, 217, add_key",
        "aarch64, 218, request_key",
        "aarch64, 219, keyctl",
        "aarch64, 425, io_uring_setup",
        "aarch64, 426, io_uring_enter",
        "aarch64, 427, io_uring_register",
        "aarch64, 280, bpf",
        "aarch64, 282, userfaultfd",
        "aarch64, 241, perf_event_open",
        "aarch64, 265, open_by_handle_at",
        "aarch64, 116, syslog",
        "aarch64, 97, unshare",
        "aarch64, 268, setns",
        "aarch64, 40, mount",
        "aarch64, 39, umount2",
        "aarch64, 41, pivot_root",
    })
    void unneededSystemCallsAreRefused(String processor, int number, String name) {
        assertThat(answer(processor, number, 0, 0, 0)).as(name).isEqualTo(NOT_PERMITTED);
    }

    /**
     * open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr: these have the same numbers everywhere.
     */
    @ParameterizedTest
    @ValueSource(ints = {428, 429, 430, 431, 432, 433, 442})
    void mountsByTheNewerCallsAreRefused(int number) {
        for (String processor : List.of("amd64", "aarch64")) {
            assertThat(answer(processor, number, 0, 0, 0)).as(processor).isEqualTo(NOT_PERMITTED);
        }
    }

    /** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; each together with the flags of an ordinary fork. */
    @ParameterizedTest
    @ValueSource(longs = {0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000})
    void noProcessIsMadeInNamespacesOfItsOwn(long flag) {
        for (String processor : List.of("amd64", "aarch64")) {
            int clone = processor.equals("amd64") ? 56 : 220;
            assertThat(answer(processor, clone, flag | 17)).isEqualTo(NOT_PERMITTED);
            assertThat(answer(processor, clone, 17)).isEqualTo(ALLOWED);
            // The C library's flags for a thread: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID,
            // CHILD_CLEARTID
            assertThat(answer(processor, clone, 0x3D0F00)).isEqualTo(ALLOWED);
            assertThat(answer(processor, 435, 0, 0)).isEqualTo(NO_SUCH_CALL);
        }
    }

    /**
     * TIPC, ALG, VSOCK, PACKET, BLUETOOTH, CAN, XDP, NFC: each once had a vulnerability, or bypasses the namespaces.
     */
    @ParameterizedTest
    @ValueSource(longs = {30, 38, 40, 17, 31, 29, 44, 39, 0, 0xFFFF_FFFFL})
    void socketsOfOtherFamiliesAreRefused(long family) {
        for (String processor : List.of("amd64", "aarch64")) {
            assertThat(answer(processor, socket(processor), family, 1, 0)).isEqualTo(NO_SUCH_FAMILY);
            assertThat(answer(processor, pair(processor), family, 1, 0)).isEqualTo(NO_SUCH_FAMILY);
        }
    }

    private static int socket(String processor) {
        return processor.equals("amd64") ? 41 : 198;
    }

    private static int pair(String processor) {
        return processor.equals("amd64") ? 53 : 199;
    }

    @ParameterizedTest
    @ValueSource(strings = {"amd64", "aarch64"})
    void ordinarySocketsPassAndOfNetlinkOnlyThatForRoutes(String processor) {
        for (long family : List.of(1L, 2L, 10L)) {
            assertThat(answer(processor, socket(processor), family, 1, 6)).isEqualTo(ALLOWED);
        }
        assertThat(answer(processor, pair(processor), 1, 1, 0)).isEqualTo(ALLOWED);
        assertThat(answer(processor, socket(processor), 16, 3, 0)).isEqualTo(ALLOWED);
        for (long protocol : List.of(2L, 4L, 9L, 12L, 15L, 16L, 21L)) {
            assertThat(answer(processor, socket(processor), 16, 3, protocol)).isEqualTo(NO_SUCH_FAMILY);
        }
    }

    /** TIOCSTI, TIOCLINUX and TIOCSETD, also with bits above those that the kernel reads. */
    @ParameterizedTest
    @ValueSource(longs = {0x5412, 0x541C, 0x5423, 0x1_0000_5412L})
    void nothingIsTypedIntoATerminal(long request) {
        for (String processor : List.of("amd64", "aarch64")) {
            int ioctl = processor.equals("amd64") ? 16 : 29;
            assertThat(answer(processor, ioctl, 0, request)).isEqualTo(NOT_PERMITTED);
            assertThat(answer(processor, ioctl, 0, 0x5401)).as("TCGETS").isEqualTo(ALLOWED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 39, 59, 62, 101, 157, 257, 317, 439})
    void ordinarySystemCallsAreAllowed(int number) {
        assertThat(answer("amd64", number, 0, 0, 0)).isEqualTo(ALLOWED);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x4000_0003L, 0xC000_00B7L, 0x4000_0028L})
    void callsOfAnotherConventionEndTheProcess(long architecture) {
        assertThat(judged("amd64", architecture, 39)).isEqualTo(KILLED);
        assertThat(judged("amd64", X86_64, 0x4000_0000 + 39)).as("x32").isEqualTo(NO_SUCH_CALL);
    }
}
