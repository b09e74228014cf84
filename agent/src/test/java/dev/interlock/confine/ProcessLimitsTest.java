package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessLimitsTest {

    private static List<String> under(String core) {
        return ProcessLimits.USUAL.holding(List.of(
                "Limit                     Soft Limit           Hard Limit           Units     ",
                "Max core file size        " + core + "              bytes     ",
                "Max open files            1024                 4096                 files     "));
    }

    @Test
    void aHardenedMachinesHardLimitOfNoCoreDumpsIsNeverRaised() {
        assertThat(under("0                    0     ")).contains("--core=0").doesNotContain("--core=1");
    }

    @Test
    void otherwiseTheLimitIsTheOneThatPipedDumpsObey() {
        assertThat(under("0                    unlimited")).contains("--core=1");
        assertThat(under("unlimited            unlimited")).contains("--core=1");
    }

    @Test
    void limitsInForceAreNeverExceeded() {
        assertThat(under("0                    0     ")).contains("--nofile=1024:4096");
    }

    @Test
    void theKernelsOwnListIsUnderstood() throws Exception {
        assertThat(Files.readAllLines(Path.of("/proc/self/limits"))).anyMatch(line -> line.startsWith("Max core file"));
    }
}
