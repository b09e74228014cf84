package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.testing.Fixtures;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Tests the variations that "why?" tries: every change that an author or an agent could make, and none without effect.
 */
class VariationsTest {

    private static final Resource PROJECT = Resource.parse("railway:project/p1");
    private static final Placement V1 = Fixtures.place("railway:volume/v1", "staging");
    private static final Placement V2 = Fixtures.place("railway:volume/v2", "production");
    private static final Seal SEAL = Fixtures.seal("""
                    @id("a") permit (principal, action, resource in Resource::"railway:project/p1");
                    @id("b") permit (principal, action, resource in Resource::"github:repo/x");
                    """).with(parts -> {
        parts.agents = Map.of(
                "jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform")),
                "jer/other", new Seal.Agent("jer/other", "jer", Set.of("others")),
                "jer/third", new Seal.Agent("jer/third", "jer", Set.of()));
        parts.tasks = Map.of(
                "fix-staging", task("fix-staging", "jer/cursor", "jer/other"),
                "for-all", task("for-all"),
                "for-others", task("for-others", "jer/other"));
        parts.upstreams = Map.of(
                "railway",
                new Seal.Upstream(
                        "railway",
                        "railway",
                        URI.create("https://backboard.railway.com"),
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        Map.of(V2.resource(), V2),
                        List.of()));
    });

    private static Seal.TaskTemplate task(String name, String... agents) {
        return new Seal.TaskTemplate(name, Set.of("staging"), Set.of(Impact.READ), Set.of(agents), Duration.ofHours(1));
    }

    private static List<Variations.Variation> vary(ResolvedAttempt sensed) {
        return new Variations(SEAL, sensed, PolicyAnalysis.of(SEAL)).all();
    }

    private static List<String> words(ResolvedAttempt sensed) {
        return vary(sensed).stream().map(Variations.Variation::words).toList();
    }

    private static ResolvedAttempt only(ResolvedAttempt sensed, String words) {
        List<Variations.Variation> found = vary(sensed).stream()
                .filter(variation -> variation.words().equals(words))
                .toList();
        assertThat(found).as(words).hasSize(1);
        return found.getFirst().resolved();
    }

    private static final Lease NARROW = Fixtures.lease(Set.of("staging"), Set.of(Impact.READ), Set.of(V1.resource()));
    private static final ResolvedAttempt DELETION =
            Fixtures.irreversible(Fixtures.one(NARROW, "railway/volumeDelete", Set.of(Impact.DESTROY), V1));

    @Test
    void allVariationsAreTriedNearestFirst() {
        assertThat(words(DELETION))
                .containsExactly(
                        "if it were `reversible`",
                        "if it were `recoverable`",
                        "if its environment were not known",
                        "if nothing were lost",
                        "if its only impact were `read`",
                        "if its only impact were `write`",
                        "if its only impact were `credential`",
                        "if its only impact were `privilege`",
                        "if its only impact were `execute`",
                        "if all of it were only in `production`",
                        "if it were also in `production`",
                        "if it were `railway:project/p1` in `staging`",
                        "if it were in the group `railway:project/p1`",
                        "if it were `railway:volume/v2` in `production`",
                        "if it were in the group `railway:volume/v2`",
                        "if the lease also allowed `destroy`",
                        "if the lease covered all resources",
                        "under the task `for-all`",
                        "as `jer/other`",
                        "if the agent were in the team `others`",
                        "if the agent were not in the team `platform`");
    }

    @Test
    void readsAreVariedToo() {
        Lease wide = Fixtures.lease(Set.of("staging", "production"), Set.of(Impact.READ), Set.of());
        Placement unknown =
                new Placement(V2.resource(), Set.of("production"), Set.of(PROJECT), Provenance.SEALED, false);
        ResolvedAttempt read =
                Fixtures.irreversible(Fixtures.one(wide, "railway/project", Set.of(Impact.READ), unknown));
        assertThat(words(read))
                .containsExactly(
                        "if it were `reversible`",
                        "if it were `recoverable`",
                        "if its environment were known",
                        "if its only impact were `write`",
                        "if its only impact were `destroy`",
                        "if its only impact were `credential`",
                        "if its only impact were `privilege`",
                        "if its only impact were `execute`",
                        "if all of it were only in `staging`",
                        "if it were also in `staging`",
                        "if it were `railway:project/p1` in `production`",
                        "if the lease did not name `production`",
                        "if the lease did not name `staging`",
                        "under the task `for-all`",
                        "as `jer/other`",
                        "if the agent were in the team `others`",
                        "if the agent were not in the team `platform`");
    }

    @Test
    void argumentsAreVariedByTheTextsThatPoliciesCompare() {
        Seal seal = Fixtures.seal("""
                @id("a") permit (principal, action, resource)
                when { context has argument.path && context.argument.path like "docs/*" };
                @id("b") forbid (principal, action, resource)
                when { context has argument.name && context.argument.name == "main" };
                """);
        ResolvedAttempt read = Fixtures.resolved(
                NARROW,
                List.of(Fixtures.action("railway/project", Set.of(Impact.READ), V1)
                        .withFacts(List.of(new Fact("argument.path", "src/a", Provenance.CLAIMED)))),
                V1);
        List<Variations.Variation> varied = new Variations(seal, read, PolicyAnalysis.of(seal)).all();
        assertThat(varied)
                .extracting(Variations.Variation::words)
                .filteredOn(words -> words.contains("`path`") || words.contains("`name`"))
                .containsExactlyInAnyOrder(
                        "if its `path` were `another-text`",
                        "if its `path` were `docs/`",
                        "if its `path` were `docs/x`");
        assertThat(varied)
                .filteredOn(variation -> variation.words().contains("`docs/x`"))
                .singleElement()
                .satisfies(variation -> assertThat(
                                variation.resolved().actions().getFirst().facts())
                        .containsExactly(new Fact("argument.path", "docs/x", Provenance.CLAIMED)));
    }

    /** A call on several resources is not varied by replacing all of them with one. */
    @Test
    void severalResourcesAreNotReplacedByOne() {
        ResolvedAttempt both = Fixtures.one(NARROW, "railway/volumeDelete", Set.of(Impact.DESTROY), V1, V2);
        assertThat(words(both)).noneMatch(words -> words.startsWith("if it were `railway:"));
    }

    @Test
    void aLeaseThatNamesBothIsTriedWhereBothAreMissing() {
        ResolvedAttempt outside = Fixtures.one(NARROW, "railway/volumeDelete", Set.of(Impact.DESTROY), V2);
        String both = "if the lease also named `production` and allowed `destroy`";
        assertThat(only(outside, both).lease().environments()).containsExactlyInAnyOrder("production", "staging");
        assertThat(only(outside, both).lease().impacts()).containsExactlyInAnyOrder(Impact.READ, Impact.DESTROY);
        assertThat(only(outside, "if the lease also named `production`").lease().impacts())
                .containsExactly(Impact.READ);
        assertThat(only(outside, "if the lease also allowed `destroy`").lease().environments())
                .containsExactly("staging");
        assertThat(only(outside, "if the lease covered all resources").lease().resources())
                .isEmpty();
    }

    /** A destroyed resource is lost with its dependent backups; a resource that is not destroyed is not. */
    @Test
    void theRadiusFollowsTheAction() {
        Backup lost =
                new Backup("b", V1.resource(), Fixtures.NOW, "railway:volume/v1", Provenance.SEALED, Optional.empty());
        BlastRadius radius =
                new BlastRadius(Set.of("staging"), Set.of(V1.resource()), List.of(lost), List.of(lost), List.of("n"));
        ResolvedAttempt deletion = new ResolvedAttempt(
                DELETION.attempt(),
                NARROW,
                DELETION.actions(),
                DELETION.placements(),
                radius,
                DELETION.outgoing(),
                SaltedDigests.OPEN);
        BlastRadius nothing = new BlastRadius(Set.of("staging"), Set.of(), List.of(), List.of(), List.of());
        assertThat(only(deletion, "if nothing were lost").radius()).isEqualTo(nothing);
        assertThat(only(deletion, "if its only impact were `read`").radius()).isEqualTo(nothing);
        assertThat(only(deletion, "if it were `reversible`").radius()).isEqualTo(radius);
        assertThat(only(deletion, "if it were also in `production`").radius())
                .isEqualTo(new BlastRadius(
                        Set.of("production", "staging"),
                        Set.of(V1.resource()),
                        List.of(lost),
                        List.of(lost),
                        List.of("n")));
        assertThat(only(deletion, "if it were `railway:volume/v2` in `production`")
                        .radius())
                .isEqualTo(new BlastRadius(
                        Set.of("production"), Set.of(V2.resource()), List.of(), List.of(), List.of("n")));
        ResolvedAttempt read = Fixtures.one(NARROW, "railway/project", Set.of(Impact.READ), V1);
        assertThat(only(read, "if its only impact were `destroy`").radius())
                .isEqualTo(new BlastRadius(Set.of("staging"), Set.of(V1.resource()), List.of(), List.of(), List.of()));
    }

    @Test
    void aReplacementResourceHasTheSealsPlacement() {
        ResolvedAttempt other = only(DELETION, "if it were `railway:volume/v2` in `production`");
        assertThat(other.placements()).containsExactly(Map.entry(V2.resource(), V2));
        assertThat(other.actions()).extracting(Action::resources).containsExactly(Set.of(V2.resource()));
        ResolvedAttempt group = only(DELETION, "if it were `railway:project/p1` in `staging`");
        assertThat(group.placement(PROJECT).environments()).containsExactly("staging");
        ResolvedAttempt inside = only(DELETION, "if it were in the group `railway:project/p1`");
        assertThat(inside.placement(V1.resource()).groups()).containsExactly(PROJECT);
        ResolvedAttempt unplaced = only(DELETION, "if its environment were not known");
        assertThat(unplaced.placement(V1.resource()))
                .isEqualTo(new Placement(V1.resource(), Set.of("production"), Set.of(), Provenance.SEALED, false));
        ResolvedAttempt renamed = only(DELETION, "as `jer/other`");
        assertThat(renamed.lease().agent()).isEqualTo("jer/other");
        ResolvedAttempt task = only(DELETION, "under the task `for-all`");
        assertThat(task.lease().template()).contains("for-all");
        assertThat(task.lease().impacts()).containsExactly(Impact.READ);
        assertThat(task.lease().resources()).isEmpty();
    }
}
