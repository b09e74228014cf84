package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.linux.ProcessStat;
import dev.interlock.testing.WaitLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In many containers the first process never waits for others, so that an ended one stays as a zombie. */
@Tag("process")
class ProcessEndTest {

    @TempDir
    private Path directory;

    @Test
    @Timeout(20)
    void aProcessThatNobodyWaitsForCountsAsEnded() throws Exception {
        Path pid = directory.resolve("pid");
        // Its parent is a program that never waits.
        Process parent =
                new ProcessBuilder("/bin/sh", "-c", "sleep 300 & echo $! >" + pid + "; exec sleep 300").start();
        try {
            while (!Files.exists(pid) || Files.readString(pid).isBlank()) {
                WaitLoop.pause();
            }
            ProcessHandle child = ProcessHandle.of(
                            Long.parseLong(Files.readString(pid).strip()))
                    .orElseThrow();
            SetupSteps.end(List.of(child));
            assertThat(ProcessStat.of(child.pid()).isOver()).isTrue();
        } finally {
            parent.destroyForcibly();
        }
    }
}
