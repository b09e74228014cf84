package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Compares the table of modules in ARCHITECTURE.md with the poms. */
class ModulesTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final Pattern MODULE = Pattern.compile("<module>(.+?)</module>");
    private static final Pattern DEPENDENCY = Pattern.compile("<dependency>[\\s\\S]*?</dependency>");
    private static final Pattern ARTIFACT = Pattern.compile("<artifactId>interlock-(.+?)</artifactId>");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| (–|`[a-z-]+`(?:, `[a-z-]+`)*) \\|");

    @Test
    void theTableOfModulesMatchesThePoms() throws IOException {
        assertThat(written()).containsExactlyEntriesOf(built());
    }

    /** Returns the modules of the poms in the order of the build, each with the modules that its main code may see. */
    private static Map<String, List<String>> built() throws IOException {
        Map<String, List<String>> modules = new LinkedHashMap<>();
        for (String module : groups(MODULE, Files.readString(CHECKOUT.resolve("pom.xml")))) {
            String pom = Files.readString(CHECKOUT.resolve(module).resolve("pom.xml"));
            modules.put(
                    module,
                    DEPENDENCY
                            .matcher(pom)
                            .results()
                            .map(MatchResult::group)
                            .filter(dependency -> isMain(module, dependency))
                            .flatMap(dependency -> groups(ARTIFACT, dependency).stream())
                            .toList());
        }
        return modules;
    }

    /** What only tests use is not in the table. */
    private static boolean isMain(String module, String dependency) {
        boolean isOfTests = dependency.contains("<scope>test</scope>") && !module.equals("system-test");
        return !isOfTests && !dependency.contains("<type>test-jar</type>");
    }

    private static Map<String, List<String>> written() throws IOException {
        String page = Files.readString(CHECKOUT.resolve("ARCHITECTURE.md"));
        String section = page.substring(page.indexOf("\n## Modules"));
        return ROW.matcher(section.substring(0, section.indexOf("\n## ", 1)))
                .results()
                .collect(Collectors.toMap(
                        row -> row.group(1),
                        row -> groups(Pattern.compile("`([a-z-]+)`"), row.group(2)),
                        (first, second) -> {
                            throw new IllegalStateException(first + " and " + second + " are in two rows");
                        },
                        LinkedHashMap::new));
    }

    private static List<String> groups(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }
}
