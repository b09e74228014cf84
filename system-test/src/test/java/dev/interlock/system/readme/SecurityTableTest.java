package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that SECURITY.md names existing tests. */
class SecurityTableTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern TEST_CLASS = Pattern.compile("`([A-Z][A-Za-z]*Test)`");
    private static final Pattern TEST_METHOD =
            Pattern.compile("(?m)^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory|FuzzTest)\\b");
    private static final Set<String> STANDINGS = Set.of("prevented", "bounded", "detected", "not covered");

    @Test
    void everyThreatHasAStatusAndTests() throws IOException {
        Set<String> classes = testClasses();
        List<String> rows = rows();
        assertThat(rows).hasSizeGreaterThan(20);
        for (String row : rows) {
            String[] cells = row.split("\\|", -1);
            assertThat(cells).as(row).hasSize(6);
            String standing = cells[2].strip();
            List<String> named = TEST_CLASS
                    .matcher(cells[4])
                    .results()
                    .map(name -> name.group(1))
                    .toList();
            assertThat(List.of(cells[1], cells[3], cells[4])).as(row).noneMatch(String::isBlank);
            assertThat(STANDINGS).as(row).contains(standing);
            assertThat(named.isEmpty()).as(row).isEqualTo(standing.equals("not covered"));
            assertThat(classes).as(row).containsAll(named);
        }
    }

    private static List<String> rows() throws IOException {
        String text = Files.readString(CHECKOUT.resolve("SECURITY.md"));
        int begin = text.indexOf("## Threats");
        return text.substring(begin, text.indexOf("\n## ", begin))
                .lines()
                .filter(line -> line.startsWith("| "))
                .skip(2) // the heading and its rule
                .toList();
    }

    /** Returns the classes with at least one test. */
    private static Set<String> testClasses() throws IOException {
        Set<String> classes = new TreeSet<>();
        try (Stream<Path> files = Files.walk(CHECKOUT)) {
            for (Path file : files.filter(SecurityTableTest::isTestClass).toList()) {
                if (TEST_METHOD.matcher(Files.readString(file)).find()) {
                    classes.add(file.getFileName().toString().replace(".java", ""));
                }
            }
        }
        return classes;
    }

    private static boolean isTestClass(Path file) {
        return file.toString().contains("/src/test/java/") && file.toString().endsWith("Test.java");
    }
}
