package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.linux.ShellWords;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests completion in a real bash, like in a user's terminal. */
@Tag("process")
final class CompletionCommandTest {

    private static String script() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(InterlockCommand.run(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, "completion"))
                .isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Returns bash's offers for the last of {@code words}. */
    private static List<String> completed(String... words) throws Exception {
        String ask = script() + "\nCOMP_WORDS=(" + quoted(words) + ")\nCOMP_CWORD=" + (words.length - 1)
                + "\n_complete_interlock\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
        return said(ask).lines().map(String::strip).toList();
    }

    private static String quoted(String... words) {
        return Stream.of(words).map(ShellWords::quoted).collect(Collectors.joining(" "));
    }

    /** Runs {@code script}, which is longer than an argument may be. */
    private static String said(String script) throws Exception {
        Process process = new ProcessBuilder("bash")
                .redirectError(ProcessBuilder.Redirect.DISCARD) // outside of a terminal bash has no `compopt`
                .start();
        try (OutputStream input = process.getOutputStream()) {
            input.write(script.getBytes(StandardCharsets.UTF_8));
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void commandsAndTheirOwnCommandsAreCompleted() throws Exception {
        assertThat(completed("interlock", "")).contains("demo", "hold", "verify");
        assertThat(completed("interlock", "hold", "")).contains("list", "show", "sign", "deny");
    }

    @Test
    void optionsAreCompleted() throws Exception {
        assertThat(completed("interlock", "kill", "--"))
                .contains("--agent", "--task", "--person", "--upstream", "--all", "--lift", "--reason", "--json");
        assertThat(completed("interlock", "kill", "--a")).containsExactlyInAnyOrder("--agent", "--all");
        assertThat(completed("interlock", "hold", "sign", "--k")).containsExactly("--key");
    }

    /** It types into a terminal of its own, where the Tab key works. */
    @Test
    void zshCompletesThemToo(@TempDir Path directory) throws Exception {
        assumeTrue(
                Stream.of("/bin/zsh", "/usr/bin/zsh").map(Path::of).anyMatch(Files::exists),
                "skipped: `zsh` is not installed");
        Path script = Files.writeString(directory.resolve("completion"), script());
        Path said = directory.resolve("said");
        Process zsh = new ProcessBuilder("zsh", "-f", "-c", """
                zmodload zsh/zpty
                zpty typed 'ZDOTDIR=%1$s TERM=dumb HISTFILE= zsh -f -i'
                zpty -w typed '. %1$s/completion; echo rea''dy'
                zpty -r typed seen '*ready*'
                zpty -w -n typed $'interlock kill --\t'
                zpty -r typed seen '*--all*--version*'
                print -r -- "$seen"
                zpty -d typed
                """.formatted(script.getParent()))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        // A failed completion prints nothing, however long the wait.
        if (!zsh.waitFor(300, TimeUnit.SECONDS)) {
            zsh.descendants().forEach(ProcessHandle::destroyForcibly);
            zsh.destroyForcibly().waitFor();
        }
        assertThat(Files.readString(said)).contains("--agent", "--all", "--upstream");
    }
}
