package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Tests that each irreversible operation has a safer alternative in the catalog, or is on the list of those without
 * one.
 */
final class SaferAlternativesTest {

    private static final Set<String> NONE = RestFixture.lines("no-safer-way.tsv").stream()
            .map(line -> line.replace('\t', '/'))
            .collect(Collectors.toCollection(TreeSet::new));

    private static Set<String> destroying() {
        Set<String> destroying = new TreeSet<>();
        for (String name : BuiltIn.CATALOGS.names()) {
            for (OperationSummary entry :
                    BuiltIn.CATALOGS.find(name).orElseThrow().operations()) {
                if (entry.impacts().contains(Impact.DESTROY)
                        && entry.reversibility() == Reversibility.IRREVERSIBLE
                        && entry.safer().isEmpty()) {
                    destroying.add(entry.operation().toString());
                }
            }
        }
        return destroying;
    }

    @Test
    void everyIrreversibleOperationHasASaferAlternativeOrIsListed() {
        assertThat(destroying()).isEqualTo(NONE);
    }

    /** A refusal about stored data must begin with a safer alternative. */
    @Test
    void everyProviderWithDataHasSaferAlternatives() {
        for (String name : Set.of("github", "hetzner", "neon", "railway")) {
            assertThat(BuiltIn.CATALOGS.find(name).orElseThrow().operations())
                    .filteredOn(entry -> entry.safer().isPresent())
                    .as(name)
                    .hasSizeGreaterThan(6);
        }
    }
}
