package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.adminclient.RunProcess;
import dev.interlock.evidence.MalformedException;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RunnerTest {

    private static final RunProcess THIS = RunProcess.current().orElseThrow();

    @Test
    void thisProcessIsAliveAndReadsBack() {
        assertThat(THIS.isAlive()).isTrue();
        assertThat(RunProcess.parse(THIS.text())).isEqualTo(THIS);
    }

    @Test
    void aReusedProcessIdIsAnotherProcess() {
        assertThat(new RunProcess(THIS.boot(), THIS.pid(), THIS.began() + 1).isAlive())
                .isFalse();
        assertThat(new RunProcess("00000000-0000-0000-0000-000000000000", THIS.pid(), THIS.began()).isAlive())
                .as("before the machine was started again")
                .isFalse();
    }

    /** The shell has become a program that never waits for its child. */
    @Test
    @Tag("process")
    void aZombieProcessIsGone() throws Exception {
        Process shell = new ProcessBuilder("/bin/sh", "-c", "sleep 600 & echo $!; exec sleep 600").start();
        try {
            long pid = Long.parseLong(shell.inputReader().readLine());
            RunProcess child = of(pid);
            assertThat(child.isAlive()).isTrue();
            Path program = Path.of("/proc", Long.toString(shell.pid()), "comm");
            while (!Files.readString(program).equals("sleep\n")) {
                WaitLoop.pause();
            }
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            while (!Files.readString(Path.of("/proc", Long.toString(pid), "stat"))
                    .contains(") Z ")) {
                WaitLoop.pause();
            }
            assertThat(child.isAlive()).isFalse();
        } finally {
            shell.destroyForcibly();
            shell.waitFor();
        }
    }

    private static RunProcess of(long pid) throws Exception {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        String began = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
        return new RunProcess(THIS.boot(), pid, Long.parseLong(began));
    }

    @Test
    @Tag("process")
    void anEndedProcessIsGone() throws Exception {
        Process process = new ProcessBuilder("/bin/sleep", "600").start();
        RunProcess runner = of(process.pid());
        assertThat(runner.isAlive()).isTrue();
        process.destroyForcibly();
        process.waitFor();
        assertThat(runner.isAlive()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1 2",
                "00000000-0000-0000-0000-000000000000 0 5",
                "00000000-0000-0000-0000-000000000000 -1 5",
                "00000000-0000-0000-0000-000000000000 ../1 5",
                "00000000-0000-0000-0000-000000000000 99999999999999999999 5",
                "00000000-0000-0000-0000-000000000000 1 5\n"
            })
    void aMalformedProcessIsRefused(String text) {
        assertThatThrownBy(() -> RunProcess.parse(text)).isInstanceOf(MalformedException.class);
    }
}
