package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.author.StarterPolicy;
import dev.interlock.policy.Policies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The starter policies, and statements whose rows before them are kept. */
final class RowsKeptTest {

    @TempDir
    private Path directory;

    private static ResolvedAttempt statement(GateFixture house, Impact impact, Set<String> where) {
        Action action = new Action(
                new Operation("pg", impact == Impact.DESTROY ? "delete" : "update"),
                Set.of(impact),
                Reversibility.IRREVERSIBLE,
                Set.of(new Resource("pg", "table", "shop.public.orders")),
                List.of(
                        new Fact(Fact.DESTROYS, "rows", Provenance.SEALED),
                        new Fact(Fact.COUNT + "rows", "3", Provenance.RESOLVED)));
        return AdviceTest.attempt(house, action, where, where);
    }

    @Test
    void nobodyIsAskedInStagingAndSomebodyIsInProduction() throws IOException {
        Policies policies = new Policies(_ -> "");
        try (GateFixture house = new GateFixture(directory.resolve("house"))) {
            Seal seal = AdviceTest.seal(directory, "pg", StarterPolicy.Preset.STANDARD, house);
            for (Impact impact : EnumSet.of(Impact.WRITE, Impact.DESTROY)) {
                for (Set<String> where :
                        List.of(Set.of("staging"), Set.of("production"), Set.of("staging", "production"))) {
                    ResolvedAttempt unkept = statement(house, impact, where);
                    List<Action> actions =
                            PriorState.recoverable(seal, unkept, seal.undo().orElseThrow());
                    Verdict kept = policies.decide(seal, unkept.with(actions));
                    assertThat(policies.decide(seal, unkept)).isNotInstanceOf(Verdict.Permit.class);
                    assertThat(actions.getFirst().facts())
                            .contains(new Fact("undo", "possible for 7d", Provenance.RESOLVED));
                    if (where.equals(Set.of("staging"))) {
                        assertThat(kept).isInstanceOf(Verdict.Permit.class);
                    } else {
                        assertThat(kept).isNotInstanceOf(Verdict.Permit.class);
                        assertThat(actions.getFirst().impacts()).isEqualTo(Set.of(impact));
                    }
                }
            }
        }
    }
}
