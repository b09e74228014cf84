package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that programs in a sandbox end with the process that started them, at any moment. */
@Timeout(300)
@Tag("process")
class RestoreSandboxTest {

    private Path scratch;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        scratch = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
    }

    @AfterEach
    void remove() throws IOException {
        OwnerFiles.removeTree(scratch);
    }

    private long running() {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains(scratch.toString()))
                .count();
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    /** In its first moments the inside waits for the outside, and would wait for ever. */
    @Test
    void whatIsKilledWhileItStartsLeavesNobodyWaiting() throws Exception {
        try (ChildProcesses children = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(scratch, new SecureRandom())) {
            RestoreSandbox sandbox = RestoreSandbox.make(
                    own.path(), "place", RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER), List.of());
            for (int i = 0; i < 200; i++) {
                ChildProcesses.ChildProcess child =
                        children.start(sandbox.command(List.of("sleep", "1000")), Map.of("PATH", "/usr/bin:/bin"));
                spin(i * 20_000L); // up to four milliseconds
                child.close();
                assertThatThrownBy(child::requireSuccess).isInstanceOf(BackupException.class);
            }
            assertThat(running()).isZero();
        }
    }

    /** Several of one sandbox run the same program. */
    @Test
    void whatIsKilledTakesNobodyElseWithIt() throws Exception {
        try (ChildProcesses children = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(scratch, new SecureRandom())) {
            RestoreSandbox sandbox = RestoreSandbox.make(
                    own.path(), "place", RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER), List.of());
            ChildProcesses.ChildProcess stays =
                    children.start(sandbox.command(List.of("cat")), Map.of("PATH", "/usr/bin:/bin"));
            for (int i = 0; i < 20; i++) {
                children.start(sandbox.command(List.of("cat")), Map.of("PATH", "/usr/bin:/bin"))
                        .close();
            }
            stays.process().getOutputStream().write("still here\n".getBytes(StandardCharsets.UTF_8));
            stays.process().getOutputStream().close();
            assertThat(stays.process().inputReader().readLine()).isEqualTo("still here");
            stays.requireSuccess();
        }
    }

    private static void spin(long nanos) {
        for (long end = System.nanoTime() + nanos; System.nanoTime() < end; ) {
            Thread.onSpinWait();
        }
    }

    /** The kernel ends the children of a killed process, except in those first moments: the next run ends these. */
    @Test
    void whatAKilledOneLeftRunningIsEndedByTheNext() throws Exception {
        Path left = Files.createDirectory(scratch.resolve("job-0123456789ab"));
        RestoreSandbox sandbox =
                RestoreSandbox.make(left, "place", RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER), List.of());
        Process process =
                new ProcessBuilder(sandbox.command(List.of("sh", "-c", "echo runs; exec sleep 1000"))).start();
        assertThat(process.inputReader().readLine()).isEqualTo("runs");
        ScratchDirectory.make(scratch, new SecureRandom()).close();
        process.waitFor();
        assertThat(running()).isZero();
        assertThat(left).doesNotExist();
    }

    /**
     * The kernel ends the processes inside one after the other, and until then each may write to a removed directory.
     */
    @Test
    void whatIsStillEndingIsWaitedFor() throws Exception {
        String writing = "for i in $(seq 40); do (while :; do : > $i; rm -f $i; done) & done; echo runs; wait";
        for (int i = 0; i < 20; i++) {
            Path left = Files.createDirectory(scratch.resolve("job-0123456789ab"));
            RestoreSandbox sandbox =
                    RestoreSandbox.make(left, "place", RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER), List.of());
            Process process = new ProcessBuilder(sandbox.command(List.of("sh", "-c", writing))).start();
            assertThat(process.inputReader().readLine()).isEqualTo("runs");
            process.destroyForcibly().waitFor();
            assertThat(ScratchDirectory.clear(scratch)).isEmpty();
            assertThat(left).doesNotExist();
        }
    }

    /** A copy runs in no sandbox, and goes on when its parent is killed. */
    @Test
    void aCopyThatAKilledOneLeftIsEnded() throws Exception {
        Path left = Files.createDirectory(scratch.resolve("job-0123456789ab"));
        Path endless = scratch.resolve("endless");
        assertThat(new ProcessBuilder("mkfifo", endless.toString()).start().waitFor())
                .isZero();
        Process copy = new ProcessBuilder("cp", endless.toString(), left + "/copy").start();
        try (FileChannel writing = FileChannel.open(endless, StandardOpenOption.WRITE)) { // it has begun
            assertThat(ScratchDirectory.clear(scratch)).isEmpty();
            assertThat(copy.waitFor()).isEqualTo(137);
            assertThat(left).doesNotExist();
            assertThat(writing.isOpen()).isTrue();
        }
    }

    /** Returns the output of a script inside, line by line. */
    private List<String> said(String script) throws Exception {
        try (ChildProcesses children = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(scratch, new SecureRandom())) {
            RestoreSandbox sandbox = RestoreSandbox.make(
                    own.path(), "place", RestoreSandbox.runner(RestoreSandbox.DEFAULT_USER), List.of());
            return children.output(
                            sandbox.command(List.of("sh", "-c", "exec 2> /dev/null; " + script)),
                            Map.of("PATH", "/usr/bin:/bin"))
                    .lines()
                    .toList();
        }
    }

    /** bubblewrap's own directories are in memory, each of them as large as half of it unless a size is given. */
    @Test
    void littleOfTheMemoryCanBeFilledAsADisk() throws Exception {
        String all = "find / -type d -not -path '/usr/*' -not -path '/proc/*'";
        assertThat(said("for at in $(" + all + "); do touch $at/new && echo $at; done; true"))
                .containsExactlyInAnyOrder("/dev/shm", "/scratch", "/tmp");
        for (String place : List.of("/tmp", "/dev/shm")) {
            assertThat(said("head -c 300M /dev/zero > " + place + "/full; stat -c %s " + place + "/full"))
                    .containsExactly(Long.toString(256L << 20));
        }
        assertThat(said("echo > /dev/null && echo written")).containsExactly("written");
    }

    /** In a user namespace of its own it could mount memory without end. */
    @Test
    @Tag("promise")
    void nobodyInsideIsRootOfAnything() throws Exception {
        assertThat(said("unshare --user --map-root-user true && echo root; echo over"))
                .containsExactly("over");
    }

    /** A process that fills the memory with anything but files is killed first. */
    @Test
    @Tag("promise")
    void whereMemoryEndsItEndsFirst() throws Exception {
        assertThat(said("cat /proc/self/oom_score_adj")).containsExactly("1000");
    }

    /** Processes are counted per user, so a limit needs a user of its own. */
    @Test
    void processesComeToAnEnd() throws Exception {
        assumeTrue(RestoreSandbox.isRoot(), "the processes of somebody who has others are not counted");
        assertThat(said("grep -o 'Max processes *[0-9]* *[0-9]*' /proc/self/limits | tr -s ' '"))
                .containsExactly("Max processes 2048 2048");
    }

    /** If the current limit is lower, asking for more would start nothing. */
    @Test
    void nobodyAsksForMoreProcessesThanThereMayBe() {
        String line =
                "Limit  Soft  Hard  Units\nMax processes             %s                %s                processes \n";
        assertThat(RestoreSandbox.mostProcesses(line.formatted("96365", "96365")))
                .isEqualTo(2048);
        assertThat(RestoreSandbox.mostProcesses(line.formatted("1000", "1950"))).isEqualTo(1950);
        assertThat(RestoreSandbox.mostProcesses(line.formatted("1000", "unlimited")))
                .isEqualTo(2048);
        assertThat(RestoreSandbox.mostProcesses("")).isEqualTo(2048);
    }
}
