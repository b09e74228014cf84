package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Asked of a real bash, as somebody's terminal would. */
final class CompletionCommandTest {

    private static String script() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(InterlockCommand.run(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, "completion"))
                .isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static List<String> completed(String... words) throws Exception {
        String line = String.join(" ", words);
        String ask = script() + "\nCOMP_WORDS=(" + line + " '')\nCOMP_CWORD=" + words.length
                + "\n_complete_interlock\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
        Process bash =
                new ProcessBuilder("bash", "-c", ask).redirectErrorStream(true).start();
        return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .toList();
    }

    @Test
    void commandsAndTheirOwnCommandsAreCompleted() throws Exception {
        assertThat(completed("interlock")).contains("demo", "hold", "verify");
        assertThat(completed("interlock", "hold")).contains("list", "show", "sign", "deny");
    }
}
