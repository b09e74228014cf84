package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.ProcessTags;
import org.junit.jupiter.api.Test;

/** {@code ./build quick} runs what starts no process. */
class ProcessTagTest {

    @Test
    void everyTestThatStartsProcessesSaysSo() {
        assertThat(ProcessTags.untagged(ProcessTagTest.class))
                .as("tests without @Tag(\"process\"), and the calls by which each starts one")
                .isEmpty();
    }
}
