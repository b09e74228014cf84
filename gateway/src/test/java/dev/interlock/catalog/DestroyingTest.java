package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a probe asks for is read, and destroys: refusing it is no matter of spelling. */
final class DestroyingTest {

    @ParameterizedTest
    @ValueSource(strings = {"github", "hetzner", "neon", "railway"})
    void eachProviderIsAskedForSomethingThatDestroysWhatIsNotThere(String provider) {
        Catalog catalog = Catalogs.builtIn().find(provider).orElseThrow();
        HttpCall call = catalog.destroying("interlock-probe").orElseThrow();
        List<Action> actions = ((Reading.Understood) catalog.read(call)).actions();
        assertThat(actions).anyMatch(action -> action.has(Impact.DESTROY));
        assertThat(actions)
                .flatExtracting(action -> List.copyOf(action.resources()))
                .extracting(Resource::toString)
                .allMatch(resource -> resource.contains("interlock-probe") || resource.matches(".*[/]0"));
    }
}
