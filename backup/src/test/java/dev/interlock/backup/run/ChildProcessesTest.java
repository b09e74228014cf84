package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
@Tag("process")
class ChildProcessesTest {

    private static final List<String> ENDLESS = List.of("/bin/sleep", "infinity");

    /** A thread that waits for a program without an end continues at the limit, and no other program is started. */
    @Test
    void whatHasALimitComesToAnEnd() throws BackupException {
        try (ChildProcesses children = ChildProcesses.within(Duration.ofMillis(50))) {
            assertThatThrownBy(() -> {
                        try (ChildProcesses.ChildProcess child = children.start(ENDLESS, Map.of())) {
                            child.requireSuccess();
                        }
                    })
                    .isInstanceOf(InconclusiveException.class);
            assertThat(children.isOverdue()).isTrue();
            assertThat(children.isClosed()).isTrue();
            assertThatThrownBy(() -> children.start(ENDLESS, Map.of())).isInstanceOf(InconclusiveException.class);
        }
    }

    /** Programs that print nothing, however many, take no thread from the readers of other programs' output. */
    @Test
    void whoSpeaksIsHeardWhileOthersAreSilent() throws Exception {
        try (ChildProcesses children = new ChildProcesses()) {
            for (int i = 0; i < 270; i++) {
                ChildProcesses.ChildProcess child = children.start(
                        List.of("/bin/sh", "-c", "echo ready >&2; exec sleep infinity"),
                        Map.of("PATH", "/usr/bin:/bin"));
                assertThat(child.awaitWords("ready", Duration.ofSeconds(20)))
                        .as("the %dth", i)
                        .isTrue();
            }
        }
    }

    /** A dump that nobody reads keeps its locks on all tables of the source. */
    @Test
    void whatThereIsNoThreadForIsEnded() {
        String own = "86399.25"; // to find it by
        ChildProcesses children = new ChildProcesses(_ -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThatThrownBy(() -> children.start(List.of("/bin/sleep", own), Map.of()))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(ProcessHandle.current().children())
                .noneMatch(child -> child.info().commandLine().orElse("").contains(own));
    }
}
