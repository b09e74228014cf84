package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that SECURITY.md names existing tests, and for each threat one that {@code ./build} runs. */
class SecurityTableTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern TEST_CLASS = Pattern.compile("`([A-Z][A-Za-z]*Test)`");
    private static final Pattern TEST_METHOD =
            Pattern.compile("(?m)^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory|FuzzTest)\\b");
    private static final String PROCESS = "@Tag(\"process\")";
    private static final String PROMISE = "@Tag(\"promise\")";
    private static final Set<String> TAGS = Set.of(PROCESS, PROMISE, "@Tag(\"random\")");
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"[^\"]*\"\\)");
    private static final Pattern RANDOM = Pattern.compile("CaseCount\\.of\\(");
    private static final Pattern CLASS = Pattern.compile("(?m)^(public |final |abstract )*class ");
    private static final Set<String> STANDINGS = Set.of("prevented", "bounded", "detected", "not covered");

    @Test
    void everyThreatHasAStatusAndTests() throws IOException {
        Map<String, Boolean> classes = testClasses();
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
            assertThat(classes.keySet()).as(row).containsAll(named);
            assertThat(named.isEmpty() || named.stream().anyMatch(classes::get))
                    .as("one of these has a test without `process`, or with `promise`: " + row)
                    .isTrue();
        }
    }

    /** {@code ./build all} runs tests of random cases once more, with all of them. */
    @Test
    void everyTestOfRandomCasesIsTagged() throws IOException {
        List<Path> untagged = new ArrayList<>();
        for (Path file : testFiles()) {
            String text = Files.readString(file);
            assertThat(TAG.matcher(text).results().map(MatchResult::group))
                    .as(file.toString())
                    .isSubsetOf(TAGS);
            if (RANDOM.matcher(text).find() && !text.contains("@Tag(\"random\")")) {
                untagged.add(file);
            }
        }
        assertThat(untagged).isEmpty();
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

    /** Returns the classes with at least one test, and whether {@code ./build} runs any of theirs. */
    private static Map<String, Boolean> testClasses() throws IOException {
        Map<String, Boolean> classes = new TreeMap<>();
        for (Path file : testFiles()) {
            String text = Files.readString(file);
            Matcher type = CLASS.matcher(text);
            if (type.find() && TEST_METHOD.matcher(text).find()) {
                String head = text.substring(0, type.start());
                boolean proven = head.contains(PROMISE)
                        // Members are parted by empty lines.
                        || Stream.of(text.substring(type.start()).split("\n\n"))
                                .filter(member -> TEST_METHOD.matcher(member).find())
                                .anyMatch(member -> member.contains(PROMISE)
                                        || !head.contains(PROCESS) && !member.contains(PROCESS));
                classes.merge(file.getFileName().toString().replace(".java", ""), proven, Boolean::logicalOr);
            }
        }
        return classes;
    }

    private static List<Path> testFiles() throws IOException {
        try (Stream<Path> files = Files.walk(CHECKOUT)) {
            return files.filter(file -> file.toString().contains("/src/test/java/")
                            && file.toString().endsWith("Test.java"))
                    .toList();
        }
    }
}
