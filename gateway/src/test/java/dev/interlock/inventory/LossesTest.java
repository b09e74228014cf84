package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What would be lost where the seal alone says what there is. */
final class LossesTest {

    private static final Resource MAIN = Resource.parse("neon:branch/p/br-main");
    private static final Resource STAGING = Resource.parse("neon:branch/p/br-stg");

    private final Map<Resource, Placement> sealed = new TreeMap<>();
    private final Inventory inventory = new Inventory(
            (_, _) -> {
                throw new IOException("nobody is asked");
            },
            new TestingClock().utc());

    private void seal(Resource resource, String environment, Resource... groups) {
        sealed.put(
                resource,
                new Placement(
                        resource, Set.of(environment), new TreeSet<>(Arrays.asList(groups)), Provenance.SEALED, true));
    }

    private Seal seal() {
        return TestingSeal.empty(URI.create("https://railway.example"))
                .seal()
                .with(parts -> parts.upstreams = Map.of(
                        "neon",
                        new Seal.Upstream(
                                "neon",
                                "neon",
                                URI.create("https://neon.example"),
                                Optional.empty(),
                                List.of(),
                                Optional.empty(),
                                sealed,
                                List.of())));
    }

    private Located locate(Action action) {
        return inventory.locate(seal(), "neon", List.of(action), Freshness.FRESH);
    }

    private static Action action(Set<Impact> impacts, List<Fact> facts, Resource... resources) {
        return new Action(
                new Operation("neon", "something"), impacts, Reversibility.IRREVERSIBLE, Set.of(resources), facts);
    }

    private static Action destroy(Resource... resources) {
        return action(Set.of(Impact.DESTROY), List.of(), resources);
    }

    /** It is placed all the same: what is copied from production is production's. */
    @Test
    void whatTheCatalogKnowsToStayIsNotLost() {
        seal(MAIN, "production");
        seal(STAGING, "staging");
        Fact keeps = new Fact(Fact.KEEPS, MAIN.toString(), Provenance.SEALED);

        Located located = locate(action(Set.of(Impact.DESTROY), List.of(keeps), STAGING, MAIN));

        assertThat(located.radius().lost()).containsExactly(STAGING);
        assertThat(located.radius().environments()).containsExactly("production", "staging");
    }

    @Test
    void whoeverOnlyClaimsThatSomethingStaysIsNotBelieved() {
        seal(MAIN, "production");
        Fact claimed = new Fact(Fact.KEEPS, MAIN.toString(), Provenance.CLAIMED);

        assertThat(locate(action(Set.of(Impact.DESTROY), List.of(claimed), MAIN))
                        .radius()
                        .lost())
                .containsExactly(MAIN);
    }
}
