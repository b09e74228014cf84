package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the catalogs with a list of harmful operations that was made independently. Each must be classified at least
 * as strongly.
 */
class DestructiveListTest {

    private static final Map<String, String> UNLISTED = Map.of(
            "anthropic", "models are only asked, as ModelProvidersTest checks",
            "crates", "packages are only read, as RegistriesTest checks",
            "gemini", "models are only asked, as GeminiTest checks",
            "go", "packages are only read, as RegistriesTest checks",
            "maven", "packages are only read, as RegistriesTest checks",
            "npm", "packages are only read, as RegistriesTest checks",
            "openai", "models are only asked, as ModelProvidersTest checks",
            "pypi", "packages are only read, as RegistriesTest checks",
            "web", "pages are only read, as WebTest checks");

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

    @Test
    void everyCatalogIsOnTheListOrHasAReason() {
        Set<String> checked = new TreeSet<>(UNLISTED.keySet());
        lines().forEach(line -> checked.add(line.provider()));
        assertThat(RestFixture.builtIn()).containsExactlyInAnyOrderElementsOf(checked);
        assertThat(UNLISTED.keySet())
                .allSatisfy(name -> assertThat(
                                BuiltIn.CATALOGS.find(name).orElseThrow().operations())
                        .allMatch(entry -> Set.of(Impact.READ, Impact.EXECUTE).containsAll(entry.possible())));
    }

    static Stream<String> catalogs() {
        return RestFixture.builtIn();
    }

    /** A person who is to confirm a call reads in one sentence what it does. */
    @ParameterizedTest
    @MethodSource("catalogs")
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
