package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.policy.CatalogFacts;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Policy sees every catalog, and reads those that it asks about. */
class CatalogViewTest {

    @Test
    void everyCatalogIsKnownByNameWithWhatItsOperationsAlwaysDo() {
        CatalogFacts facts = CatalogView.facts();
        assertThat(facts.operations().keySet()).isEqualTo(facts.digests().keySet());
        assertThat(facts.operations()).containsKey("railway").doesNotContainKey("nobody");
        assertThat(facts.operations().getOrDefault("nobody", Map.of())).isEmpty();
        assertThat(facts.operations().getOrDefault("github", Map.of()))
                .containsEntry("repos/delete", Set.of(Impact.DESTROY))
                .containsEntry("repos/get", Set.of(Impact.READ));
        assertThat(facts.operations()).hasSameSizeAs(facts.operations().entrySet());
    }
}
