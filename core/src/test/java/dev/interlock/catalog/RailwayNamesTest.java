package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that every operation of Railway's last checked schema is classified. A list of names suffices. */
class RailwayNamesTest {

    @Test
    void theCatalogKnowsEveryOperationAndNoOther() throws IOException {
        assertThat(knowledge().queries().keySet()).isEqualTo(names("query"));
        assertThat(knowledge().mutations().keySet()).isEqualTo(names("mutation"));
    }

    /** Returns the catalog. */
    static GraphqlCatalog knowledge() throws IOException {
        try (var in = Objects.requireNonNull(Catalogs.class.getResourceAsStream("railway.yaml"))) {
            return GraphqlCatalogReader.read(CatalogSection.read("railway.yaml", in.readAllBytes()));
        }
    }

    /** Returns the names of the operations of one {@code kind}, from the list in the repository. */
    static Set<String> names(String kind) throws IOException {
        try (var in = Objects.requireNonNull(RailwayNamesTest.class.getResourceAsStream("railway-names.txt"))) {
            Set<String> names = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(kind + " "))
                    .map(line -> line.substring(kind.length() + 1))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(names).as(kind).isNotEmpty();
            return names;
        }
    }
}
