package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Tests that the parser without picocli accepts only lines that picocli parses the same. */
@Tag("process")
class PlainUpTest {

    private static final List<String> WORDS = List.of(
            "--same-user",
            "--json",
            "--config=a b",
            "--config=x=\"y\"",
            "--config=@z",
            "--config=",
            "--config",
            "--json=false",
            "--same-user=true",
            "--no-json",
            "--help",
            "@file",
            "--",
            "a",
            "");

    private final Terminal terminal = new Terminal(System.out, System.err);

    private record ParsedUp(boolean sameUser, boolean json, String file) {
        static ParsedUp of(UpCommand up) throws FileNotFoundException {
            return new ParsedUp(
                    up.isForSameUser(),
                    up.options().json(),
                    up.options().configFile().toString());
        }
    }

    private int agree(List<String> words) throws FileNotFoundException {
        List<String> line = new ArrayList<>(List.of("up", "--config=default"));
        line.addAll(words);
        if (words.stream().anyMatch(word -> word.startsWith("--config="))) {
            line.remove(1); // which could be the user's own, if none were named
        }
        Optional<UpCommand> plain = UpCommand.plain(terminal, line.toArray(String[]::new));
        if (plain.isEmpty()) {
            return 0;
        }
        UpCommand parsed = new UpCommand(terminal);
        var _ = new CommandLine(parsed).parseArgs(line.subList(1, line.size()).toArray(String[]::new));
        assertThat(ParsedUp.of(plain.get())).as("%s", line).isEqualTo(ParsedUp.of(parsed));
        return 1;
    }

    @Test
    void acceptedOptionsMeanTheSame() throws FileNotFoundException {
        int taken = agree(List.of());
        for (String first : WORDS) {
            taken += agree(List.of(first));
            for (String second : WORDS) {
                taken += agree(List.of(first, second));
                for (String third : WORDS) {
                    taken += agree(List.of(first, second, third));
                }
            }
        }
        assertThat(taken).isEqualTo(1 + 5 + (2 + 12) + 18); // in any order, each once
    }

    @Test
    void otherOptionsAreLeftToPicocli() {
        assertThat(UpCommand.plain(terminal)).isEmpty();
        assertThat(UpCommand.plain(terminal, "status")).isEmpty();
        assertThat(UpCommand.plain(terminal, "up", "--help")).isEmpty();
        assertThat(UpCommand.plain(terminal, "up", "--json", "--json")).isEmpty();
    }
}
