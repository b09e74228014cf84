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
class ChildrenTest {

    private static final List<String> ENDLESS = List.of("/bin/sleep", "infinity");

    /** Whoever waits for a program that never ends goes on, and no other is started. */
    @Test
    void whatHasALimitComesToAnEnd() throws BackupException {
        try (Children children = Children.within(Duration.ofMillis(50))) {
            assertThatThrownBy(() -> {
                        try (Children.Child child = children.start(ENDLESS, Map.of())) {
                            child.requireSuccess();
                        }
                    })
                    .isInstanceOf(DisturbedException.class);
            assertThat(children.isOverdue()).isTrue();
            assertThat(children.isClosed()).isTrue();
            assertThatThrownBy(() -> children.start(ENDLESS, Map.of())).isInstanceOf(DisturbedException.class);
        }
    }

    @Test
    void whatIsEndedBeforeIsNotOverdue() throws BackupException {
        Children children = Children.within(Duration.ofDays(1));
        Children.Child child = children.start(ENDLESS, Map.of());
        children.close();
        assertThat(child.process().isAlive()).isFalse();
        assertThat(children.isOverdue()).isFalse();
    }

    /** However many say nothing meanwhile: their silence takes no thread from those who listen to others. */
    @Test
    void whoSpeaksIsHeardWhileOthersAreSilent() throws Exception {
        try (Children children = new Children()) {
            for (int i = 0; i < 270; i++) {
                Children.Child child = children.start(
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
        String own = "86399.25"; // by which it is known
        Children children = new Children(_ -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        assertThatThrownBy(() -> children.start(List.of("/bin/sleep", own), Map.of()))
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(ProcessHandle.current().children())
                .noneMatch(child -> child.info().commandLine().orElse("").contains(own));
    }
}
