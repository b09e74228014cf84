package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code ./build quick} runs the tests that start no process; those of the system tests it never runs. */
final class ProcessTagTest {

    private static final Pattern STARTS =
            Pattern.compile("new ProcessBuilder\\(|getRuntime\\(\\)\\.exec|new (TestingPostgres|ProofFixture)\\(");

    /** Tests what a class itself starts; where a fixture starts it, people see to the tag. */
    @Test
    void everyClassThatStartsAProcessHasTaggedTests() throws IOException {
        List<Path> classes;
        try (Stream<Path> files = Files.walk(Path.of(".."), 12)) {
            classes = files.filter(file -> file.toString().contains("/src/test/java/")
                            && file.toString().endsWith("Test.java")
                            && !file.toString().contains("/system-test/"))
                    .toList();
        }
        assertThat(classes).hasSizeGreaterThan(300);
        assertThat(classes).allSatisfy(file -> {
            String source = Files.readString(file);
            assertThat(source.contains("@Tag(\"process\")")
                            || !STARTS.matcher(source).find())
                    .as(file + " has no @Tag(\"process\")")
                    .isTrue();
        });
    }
}
