package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("process") // man itself reads the pages
final class ManPagesTest {

    private final Map<String, String> pages = ManPages.of(CommandModel.all());

    @Test
    void eachCommandHasAPageAndTheOverviewNamesIt() {
        CommandModel.all().getSubcommands().keySet().stream()
                .filter(name -> !name.equals("help"))
                .forEach(name -> {
                    assertThat(pages).containsKey("interlock-" + name + ".1");
                    assertThat(pages.get("interlock.1")).contains("\\fBinterlock-" + name + "\\fR(1)");
                });
    }

    @Test
    void aPageSaysTheOptionsOfItsCommandAndOfTheCommandsBelowIt() {
        assertThat(pages.get("interlock-hold.1"))
                .contains(".SS sign\n", "\\fB\\-\\-key <key>\\fR", ".SH SEE ALSO")
                .doesNotContain("${", "%n");
    }

    /** A dot or a quote at the beginning of a line would be a command of man(7), and the line would be lost. */
    @Test
    void noLineOfTextIsReadAsACommand() {
        assertThat(pages.values().stream().flatMap(String::lines).filter(line -> line.startsWith(".")))
                .allMatch(line -> line.matches("\\.(TH|SH|SS|TP|PP|nf|fi)( .*)?"));
        assertThat(pages.values().stream().flatMap(String::lines)).noneMatch(line -> line.startsWith("'"));
    }

    @Test
    void manReadsThemWithoutAWarning() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/groff")), "skipped: `groff` is not installed");
        Process groff = new ProcessBuilder("groff", "-man", "-ww", "-z", "-Tutf8", "-K", "utf8")
                .redirectErrorStream(true)
                .start();
        try (var in = groff.getOutputStream()) {
            in.write(Stream.of("interlock.1", "interlock-run.1", "interlock-hold.1")
                    .map(pages::get)
                    .reduce("", String::concat)
                    .getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(groff.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(groff.waitFor()).isZero();
    }
}
