package dev.interlock.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert.AlertKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the table of alerts in {@code docs/monitoring.md} with the kinds of alerts. */
class MonitoringPageTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\|(.+?)\\|");
    private static final Pattern KIND = Pattern.compile("`([a-z_]+)`");

    @Test
    void everyKindOfAlertHasOneRow() throws IOException {
        String page = Files.readString(Path.of("../docs/monitoring.md"));
        String section = page.substring(page.indexOf("\n## Alerts\n"), page.indexOf("\n## Inventory\n"));
        assertThat(ROW.matcher(section)
                        .results()
                        .flatMap(row -> KIND.matcher(row.group(1)).results())
                        .map(MatchResult::group))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(AlertKind.values())
                        .map(kind -> "`" + kind.word() + "`")
                        .toList());
    }
}
