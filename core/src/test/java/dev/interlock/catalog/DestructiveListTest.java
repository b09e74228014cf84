package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares the catalogs with a list of harmful operations that was made independently. Each must be classified at least
 * as strongly.
 */
class DestructiveListTest {

    private static final String RESEARCH = "shared/RESEARCH/catalogs/http-destructive.tsv";

    private static final Set<String> PROVIDERS = Set.of("github", "hetzner", "neon", "supabase");

    /** One line: provider, method, the path as documented, an example path, a body, and the minimum impact. */
    record Line(
            String provider, String method, String template, String path, String body, String impact, String undone) {
        static Line of(String text) {
            String[] f = text.split("\t", -1);
            return new Line(f[0], f[1], f[2], f[3], f[4], f[5], f[6]);
        }
    }

    static Stream<Line> lines() {
        return RestFixture.lines("destructive.tsv").stream().map(Line::of);
    }

    @ParameterizedTest
    @MethodSource("lines")
    void everyListedOperationHasItsHarmfulImpact(Line line) {
        RestFixture rest = RestFixture.of(line.provider());
        String request = line.method() + " " + line.path();
        if (line.impact().equals("refused")) {
            assertThat(rest.refused(RestFixture.call(request, line.body())).reason())
                    .isNotEmpty();
            return;
        }
        Action action = rest.action(request, line.body());
        assertThat(action.impacts()).contains(Impact.of(line.impact()));
        assertThat(action.reversibility())
                .isGreaterThanOrEqualTo(Reversibility.valueOf(line.undone().toUpperCase(Locale.ROOT)));
    }

    /** If the list itself is at hand, none of its lines may be missing here. */
    @Test
    void everyLineOfTheListIsChecked() throws IOException {
        List<Path> found = Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve(RESEARCH))
                .filter(Files::exists)
                .toList();
        assumeTrue(!found.isEmpty());
        Set<String> expected = new TreeSet<>();
        for (String line : Files.readAllLines(found.getFirst())) {
            String[] fields = line.split("\t", -1);
            if (PROVIDERS.contains(fields[0])) {
                expected.add(fields[0] + " " + fields[1] + " " + fields[2]);
            }
        }
        Set<String> here = new TreeSet<>();
        lines().forEach(line -> here.add(line.provider() + " " + line.method() + " " + line.template()));
        assertThat(here).isEqualTo(expected);
    }

    /** A person who is to confirm a call reads in one sentence what it does. */
    @ParameterizedTest
    @ValueSource(strings = {"github", "hetzner", "neon", "supabase"})
    void harmfulOperationsHaveAnEffectSentence(String provider) throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream(provider + ".yaml")) {
            RestCatalog knowledge = ((RestDialect) CatalogFile.read(provider + ".yaml", in.readAllBytes())).knowledge();
            assertThat(knowledge.operations().values())
                    .filteredOn(entry -> entry.entry().effect().isEmpty())
                    .allMatch(entry -> Set.of(Impact.READ, Impact.WRITE)
                            .containsAll(entry.entry().impacts()));
        }
    }
}
