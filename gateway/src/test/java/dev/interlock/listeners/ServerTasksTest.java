package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Tests which client may ask an MCP server for which task, and for how long. */
class ServerTasksTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // such a clock may overflow
    private final ServerTasks tasks = new ServerTasks(now::get);

    @Test
    void aTaskIsForItsClientInItsSession() {
        tasks.give("ann", "s-1", "t-1", HOUR);
        assertThat(tasks.isOf("ann", "s-1", "t-1")).isTrue();
        assertThat(tasks.isOf("bob", "s-1", "t-1")).isFalse();
        assertThat(tasks.isOf("ann", "s-2", "t-1")).isFalse();
        assertThat(tasks.isOf("ann", "s-1", "t-2")).isFalse();
    }

    @Test
    void aTaskIsKnownForItsTime() {
        tasks.give("ann", "s-1", "t-1", HOUR);
        now.addAndGet(HOUR.toNanos() - 1);
        assertThat(tasks.isOf("ann", "s-1", "t-1")).isTrue();
        now.incrementAndGet();
        assertThat(tasks.isOf("ann", "s-1", "t-1")).isFalse();
    }

    @Test
    void theOldestTaskOfAClientIsForgottenFirst() {
        tasks.give("bob", "s-2", "t-1", HOUR);
        for (int i = 0; i <= 100; i++) {
            tasks.give("ann", "s-1", "t-" + i, HOUR);
        }
        assertThat(tasks.isOf("ann", "s-1", "t-0")).isFalse();
        assertThat(tasks.isOf("ann", "s-1", "t-1")).isTrue();
        assertThat(tasks.isOf("ann", "s-1", "t-100")).isTrue();
        assertThat(tasks.isOf("bob", "s-2", "t-1")).as("another client's").isTrue();
    }

    @Test
    void theClientThatLongHadNoTaskIsForgottenFirst() {
        tasks.give("ann", "s-1", "t-1", HOUR);
        tasks.give("bob", "s-2", "t-2", HOUR);
        tasks.give("ann", "s-1", "t-3", HOUR);
        for (int i = 0; i < 999; i++) {
            tasks.give("client-" + i, "s", "t", HOUR);
        }
        assertThat(tasks.isOf("bob", "s-2", "t-2")).isFalse();
        assertThat(tasks.isOf("ann", "s-1", "t-1")).isTrue();
    }
}
