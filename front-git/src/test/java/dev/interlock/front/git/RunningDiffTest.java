package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.eclipse.jgit.lib.FileMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what people read of the files that a push changes and machines run. */
class RunningDiffTest {

    private static final String SECRET = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    private final RunningDiff diff =
            new RunningDiff(_ -> true, text -> new String(text, StandardCharsets.UTF_8).contains(SECRET));

    private static RunningDiff.FileState file(String content) {
        return new RunningDiff.FileState(FileMode.REGULAR_FILE, Optional.of(content.getBytes(StandardCharsets.UTF_8)));
    }

    private static RunningDiff.FileState missing() {
        return new RunningDiff.FileState(FileMode.MISSING, Optional.of(new byte[0]));
    }

    private String changed(RunningDiff.FileState before, RunningDiff.FileState after) throws IOException {
        diff.add("ci.yml", before, after);
        return diff.takeText();
    }

    @Test
    void linesAddedAndRemovedAreShown() throws IOException {
        assertThat(changed(file("on: push\nrun: test\n"), file("on: push\nrun: deploy\n")))
                .isEqualTo("File ci.yml\n@@ -1,2 +1,2 @@\n on: push\n-run: test\n+run: deploy\n");
        assertThat(changed(missing(), file("a\n")))
                .startsWith("File ci.yml, which is new\n")
                .endsWith("\n+a\n");
        assertThat(changed(file("a\n"), missing()))
                .startsWith("File ci.yml, which is deleted\n")
                .endsWith("\n-a\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u2028", "\u0085", "\u202e", "\u001b[2K"})
    void noCharacterStartsOrHidesALine(String hidden) throws IOException {
        assertThat(changed(missing(), file("a" + hidden + "File safe.yml\n")).lines())
                .hasSize(3)
                .last()
                .asString()
                .startsWith("+a\\u{");
    }

    @Test
    void aSecretThatWasThereIsNotShown() throws IOException {
        assertThat(changed(file("token: " + SECRET + "\n"), file("token: none\n")))
                .isEqualTo("File ci.yml\n(not shown: it holds, or held, what has the form of a secret)\n");
    }

    @Test
    void whatIsNoTextIsNamed() throws IOException {
        assertThat(changed(missing(), file("a\0b"))).contains("(not shown: it is no text)");
        assertThat(changed(missing(), file("a\rFile safe.yml"))).contains("(not shown: it is no text)");
        assertThat(changed(file("a"), new RunningDiff.FileState(FileMode.SYMLINK, Optional.of(new byte[0]))))
                .contains("(not shown: a link, or another repository)");
        assertThat(changed(file("a"), new RunningDiff.FileState(FileMode.REGULAR_FILE, Optional.empty())))
                .contains("(not shown: it is longer than 128 KiB");
    }

    @Test
    void aLongDiffEndsAndSaysSo() throws IOException {
        String shown = changed(missing(), file("run\n".repeat(500)));
        assertThat(shown.lines()).hasSize(RunningDiff.MAX_LINES + 1);
        assertThat(shown).endsWith("(not shown: 302 more lines)\n");
        assertThat(diff.hasRoom()).isFalse();
        assertThat(diff.takeText()).isEqualTo("(not shown: 1 more file)\n");
    }

    @Test
    void longLinesEndAndSaySo() throws IOException {
        String shown = changed(missing(), file(("x".repeat(5_000) + "\n").repeat(100)));
        assertThat(shown).contains("... (5001 characters)\n").contains("more lines)\n");
        assertThat(shown.length()).isLessThan(RunningDiff.MAX_TEXT + 500);
    }
}
