package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("process")
class PeakMemoryTest {

    /** `tail` keeps all of the input in memory, since it contains no line end. */
    @Test
    void childProcessesCount() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "(head -c 60000000 /dev/zero; cat) | tail; true")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            PeakMemory resident = new PeakMemory();
            Programs.await("tail has it", () -> {
                resident.look(shell.toHandle());
                return resident.withProgramsMb() > 57;
            });
            assertThat(resident.aloneMb()).isPositive().isLessThan(20);
            assertThat(resident.serversMb()).isZero();
            shell.getOutputStream().close();
            assertThat(shell.waitFor()).isZero();
        } finally {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
        }
    }
}
