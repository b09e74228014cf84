package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HelpTest {

    private static final List<String> GROUPS =
            List.of("Start", "Every day", "Approve", "Policy", "Evidence", "Operate");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int interlock(String... arguments) {
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return InterlockCommand.run(print, print, arguments);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aloneItShowsWhatMattersFirstAndSixGroups() {
        assertThat(interlock()).isEqualTo(ExitCodes.USAGE);
        assertThat(said().lines().skip(2).limit(5))
                .allMatch(line -> line.startsWith("  interlock "))
                .anyMatch(line -> line.contains("interlock hold list"))
                .anyMatch(line -> line.contains("interlock kill --all"));
        assertThat(GROUPS).allSatisfy(group -> assertThat(said()).contains("\n  " + group + " "));
        assertThat(said().lines()).hasSizeLessThan(24).allMatch(line -> line.length() <= 85);
    }

    @Test
    void everyCommandIsInOneGroupAlsoInTheLongHelp() {
        Map<String, CommandLine> all = CommandModel.all().getSubcommands();
        interlock();
        String brief = said();
        assertThat(all.keySet().stream().filter(name -> !name.equals("help")))
                .allSatisfy(name -> assertThat(brief).containsPattern("[ ,]" + Pattern.quote(name) + "[,\n ]"));
        out.reset();
        assertThat(interlock("--help")).isEqualTo(ExitCodes.OK);
        assertThat(GROUPS).allSatisfy(group -> assertThat(said()).contains("\n" + group + ":\n"));
        assertThat(all.keySet().stream().filter(name -> !name.equals("help")))
                .allSatisfy(name -> assertThat(said()).containsOnlyOnce("\n  " + name + " "));
    }
}
