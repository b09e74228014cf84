package dev.interlock.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code ./build quick} runs the tests of this module that start no process. */
class ModelProcessTagTest {

    @Test
    void everyTestThatStartsAProcessIsTagged() {
        assertThat(ProcessTags.untagged(ModelProcessTagTest.class))
                .as("tests without @Tag(\"process\"), and the calls by which each starts one")
                .isEmpty();
    }
}
