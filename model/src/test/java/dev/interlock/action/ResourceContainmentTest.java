package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the lookup of a resource's contents against the definition. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a search in its loop ignores interrupts
final class ResourceContainmentTest {

    private static final List<String> NAMES = List.of(
            "a:x/p",
            "a:x/P",
            "a:x/p.git",
            "a:y/p",
            "a:y/p/q",
            "a:y/p/Q/r",
            "a:z/p/q/",
            "a:x/07",
            "a:x/7",
            "a:y/7/q",
            "a:x/x/p",
            "a:z/x",
            "a:z/x/p/q",
            "b:x/p",
            "b:y/p/q",
            "a:w/free",
            "a:w/p//q");

    private static Seal.Upstream upstream(Map<Resource, Placement> sealed, Set<ResourcePattern> patterns) {
        return new Seal.Upstream(
                "a",
                "a",
                URI.create("https://a.example"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                new SealedPlacements(sealed, patterns),
                List.of(),
                false,
                false,
                false);
    }

    private static Placement placement(Resource resource, String environment, Set<Resource> groups) {
        return new Placement(resource, Set.of(environment), groups, Provenance.SEALED, true);
    }

    private static Resource any(RandomGenerator random) {
        return Resource.parse(NAMES.get(random.nextInt(NAMES.size())));
    }

    private static Set<Resource> groups(RandomGenerator random) {
        return random.nextInt(3) > 0 ? Set.of() : Set.of(any(random));
    }

    private static boolean isDirectlyIn(String provider, String id, Set<Resource> groups, Resource whole) {
        return provider.equals(whole.provider())
                && (Resource.folded(id).startsWith(Resource.folded(whole.id()) + "/")
                        || groups.stream().anyMatch(group -> group.folded().equals(whole.folded())));
    }

    /** Applies the definition literally to the whole seal. */
    private static Set<String> searched(Seal.Upstream upstream, Resource whole, Set<Resource> found) {
        Set<Resource> within = new HashSet<>(Set.of(whole));
        boolean more = true;
        while (more) {
            List<Resource> next = upstream.resources().values().stream()
                    .filter(one -> within.stream()
                            .anyMatch(in -> isDirectlyIn(
                                    one.resource().provider(), one.resource().id(), one.groups(), in)))
                    .map(Placement::resource)
                    .toList();
            more = within.addAll(next);
        }
        found.addAll(within);
        found.remove(whole);
        Set<String> environments = new TreeSet<>();
        upstream.resources().values().stream()
                .filter(one -> found.contains(one.resource()))
                .forEach(one -> environments.addAll(one.environments()));
        upstream.patterns().stream()
                .filter(one ->
                        within.stream().anyMatch(in -> isDirectlyIn(one.provider(), one.prefix(), one.groups(), in)))
                .forEach(one -> environments.addAll(one.environments()));
        return environments;
    }

    @Test
    void whatIsLookedUpIsWhatASearchFinds() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        for (int round = 0; round < 2_000; round++) {
            Map<Resource, Placement> sealed = new TreeMap<>();
            IntStream.range(0, random.nextInt(7))
                    .mapToObj(_ -> any(random))
                    .forEach(resource ->
                            sealed.put(resource, placement(resource, "e" + random.nextInt(4), groups(random))));
            Set<ResourcePattern> patterns = random.nextBoolean()
                    ? Set.of()
                    : Set.of(ResourcePattern.parse("a:y/p/q*", Set.of("patterns"), groups(random)));
            Seal.Upstream upstream = upstream(sealed, patterns);
            ResourceContainment nesting = new ResourceContainment(upstream);
            for (String name : NAMES) {
                Resource whole = Resource.parse(name);
                Set<Resource> found = new HashSet<>();
                Set<String> environments = searched(upstream, whole, found);
                environments.add("own");
                assertThat(nesting.resources(whole))
                        .as("%s in %s", name, sealed)
                        .hasSameElementsAs(found);
                assertThat(nesting.placed(placement(whole, "own", Set.of()), Set.of(Impact.DESTROY))
                                .environments())
                        .as("%s in %s and %s", name, sealed, patterns)
                        .isEqualTo(environments);
                Resource other = any(random);
                Set<Resource> in =
                        upstream.placement(other).map(Placement::groups).orElse(Set.of());
                assertThat(nesting.liesIn(other, Set.of(whole)))
                        .as("%s in %s", other, whole)
                        .isEqualTo(isDirectlyIn(other.provider(), other.id(), in, whole));
            }
        }
    }

    /** A call has a thousand names, and a whole has ten thousand parts: a search for each would take minutes. */
    @Test
    void aLargeSealIsNotSearchedForEachThing() {
        Map<Resource, Placement> sealed = new TreeMap<>();
        Resource project = Resource.parse("a:project/p");
        IntStream.range(0, 10_000)
                .mapToObj(i -> Resource.parse("a:branch/p/b" + i))
                .forEach(branch -> sealed.put(branch, placement(branch, "production", Set.of())));
        sealed.put(project, placement(project, "staging", Set.of()));
        ResourceContainment nesting = new ResourceContainment(upstream(sealed, Set.of()));

        for (int i = 0; i < 10; i++) {
            assertThat(nesting.resources(project)).hasSize(10_000);
        }
        for (int i = 0; i < 10_000; i++) {
            Placement own = placement(new Resource("a", "repo-id", "" + i), "staging", Set.of());
            assertThat(nesting.placed(own, Set.of(Impact.DESTROY)).environments())
                    .containsExactly("staging");
        }
    }
}
