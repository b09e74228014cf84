package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the table of ARCHITECTURE.md to the arrows that are enforced. */
class ArrowsTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z]+)` \\| ([^|]*) \\| [^|]* \\|$");
    private static final Pattern NAME = Pattern.compile("`([a-z]+)`");

    @Test
    void theDocumentDrawsTheArrowsThatAreEnforced() throws IOException {
        assertThat(drawn("## Rooms")).isEqualTo(ArchitectureTest.ARROWS);
        assertThat(drawn("## Inside `backup`")).isEqualTo(ArchitectureTest.BACKUP);
    }

    private static Map<String, List<String>> drawn(String section) throws IOException {
        String text = Files.readString(Path.of("..", "ARCHITECTURE.md"));
        int begin = text.indexOf(section);
        Matcher rows = ROW.matcher(text.substring(begin, text.indexOf("\n## ", begin)));
        Map<String, List<String>> drawn = new TreeMap<>();
        while (rows.find()) {
            drawn.put(rows.group(1), seen(rows.group(2)));
        }
        return drawn;
    }

    private static List<String> seen(String cell) {
        return cell.equals("all")
                ? List.of("*")
                : NAME.matcher(cell).results().map(name -> name.group(1)).toList();
    }
}
