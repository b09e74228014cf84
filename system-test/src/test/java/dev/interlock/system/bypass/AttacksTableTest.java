package dev.interlock.system.bypass;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that docs/attacks.md names existing tests. */
class AttacksTableTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern TEST = Pattern.compile("`([A-Z][A-Za-z0-9]*Test)(?:\\.([A-Za-z0-9]+))?`");
    private static final Pattern TRY = Pattern.compile("“([^”]+)”");
    /** Test methods have no modifiers; no page names other methods without one. */
    private static final Pattern TEST_METHOD = Pattern.compile("(?m)^    (?:void|Stream<DynamicTest>) (\\w+)\\(");

    @Test
    void everyAttackIsTriedByTestsThatExist() throws IOException {
        Map<String, Set<String>> classes = testClasses();
        Set<String> corpus = corpus();
        List<String> rows = rows();
        assertThat(rows).hasSizeGreaterThan(40);
        for (String row : rows) {
            String[] cells = row.split("(?<!\\\\)\\|", -1);
            List<String> tries = found(TRY, row);
            TEST.matcher(row).results().forEach(test -> {
                assertThat(classes).as(row).containsKey(test.group(1));
                if (test.group(2) != null) {
                    assertThat(classes.get(test.group(1))).as(row).contains(test.group(2));
                }
            });
            assertThat(corpus).as(row).containsAll(tries);
            if (cells.length == 5) { // attack, tests, count
                assertThat(found(TEST, cells[2])).as(row).isNotEmpty();
                assertThat(cells[3].strip()).as(row).isEqualTo(tries.isEmpty() ? "–" : "" + tries.size());
            } else { // attack, reason for not trying it
                assertThat(cells).as(row).hasSize(4);
                assertThat(cells[2]).as(row).isNotBlank();
            }
        }
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }

    private static List<String> rows() throws IOException {
        return Files.readString(CHECKOUT.resolve("docs/attacks.md"))
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| attack |") && !line.startsWith("| ---"))
                .toList();
    }

    private static Set<String> corpus() throws IOException {
        List<BypassAttempt> tries = new ArrayList<>(GraphqlAttempts.all());
        tries.addAll(CredentialCarrierAttempts.all());
        tries.addAll(FramingAttempts.all());
        Set<String> names = new HashSet<>(MalformedRequestAttempts.wires().keySet());
        tries.forEach(one -> names.add(one.name()));
        return names;
    }

    /** Returns the names of each class's tests; classes of one name in two modules count together. */
    private static Map<String, Set<String>> testClasses() throws IOException {
        Map<String, Set<String>> classes = new HashMap<>();
        try (Stream<Path> files = Files.walk(CHECKOUT)) {
            for (Path file : files.filter(AttacksTableTest::isTestClass).toList()) {
                classes.computeIfAbsent(file.getFileName().toString().replace(".java", ""), _ -> new HashSet<>())
                        .addAll(found(TEST_METHOD, Files.readString(file)));
            }
        }
        return classes;
    }

    private static boolean isTestClass(Path file) {
        return file.toString().contains("/src/test/java/") && file.toString().endsWith("Test.java");
    }
}
