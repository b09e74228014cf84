package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.ProcessTags;
import org.junit.jupiter.api.Test;

/** {@code ./build quick} runs the tests of this module that start no process. */
class DemoProcessTagTest {

    @Test
    void everyTestThatStartsAProcessIsTagged() {
        assertThat(ProcessTags.untagged(DemoProcessTagTest.class))
                .as("tests without @Tag(\"process\"), and the calls by which each starts one")
                .isEmpty();
    }
}
