package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.daemon.GatewayMain;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Tests that the gateway's own parser accepts only arguments that picocli parses the same. */
class UpArgumentsTest {

    private static final List<String> WORDS = List.of(
            "--same-user",
            "--json",
            "--config=a b",
            "--config=x=\"y\"",
            "--config=@z",
            "--config",
            "--json=false",
            "--same-user=true",
            "--no-json",
            "--help",
            "@file",
            "--",
            "a",
            "");

    /** Returns whether the gateway's parser accepts the arguments. */
    private static boolean agree(List<String> words) {
        List<String> line = new ArrayList<>(List.of("up"));
        line.addAll(words);
        GatewayMain.Arguments own;
        try {
            own = GatewayMain.Arguments.parse(line);
        } catch (IllegalArgumentException e) {
            return false;
        }
        UpCommand parsed = new UpCommand();
        var _ = new CommandLine(parsed).parseArgs(words.toArray(String[]::new));
        assertThat(own).as("%s", line).isEqualTo(parsed.arguments());
        return true;
    }

    @Test
    @Tag("process")
    void acceptedArgumentsMeanTheSameToPicocli() {
        int accepted = agree(List.of()) ? 1 : 0;
        for (String first : WORDS) {
            accepted += agree(List.of(first)) ? 1 : 0;
            for (String second : WORDS) {
                // `--config --json` names no file for picocli, and neither is a usual name.
                accepted += !first.equals("--config") && agree(List.of(first, second)) ? 1 : 0;
            }
        }
        assertThat(accepted).isEqualTo(1 + 5 + 2 + 12); // in any order, each once
        assertThat(agree(List.of("--config", "a", "--json"))).isTrue();
        assertThat(agree(List.of("--json", "--config", "/etc/gateway.yaml"))).isTrue();
    }

    @Test
    void otherArgumentsAreRefusedByName() {
        assertThatThrownBy(() -> GatewayMain.Arguments.parse(List.of("up", "--jsn")))
                .hasMessage("`--jsn` is no option of `up`, or is there twice; see `interlock up --help`");
        assertThatThrownBy(() -> GatewayMain.Arguments.parse(List.of("up", "--json", "--json")))
                .hasMessageContaining("`--json`");
        assertThatThrownBy(() -> GatewayMain.Arguments.parse(List.of("up", "--config")))
                .hasMessageContaining("`--config`");
    }
}
