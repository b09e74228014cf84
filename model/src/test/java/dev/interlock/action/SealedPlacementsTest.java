package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the placement of names without a line of their own against the definition. */
final class SealedPlacementsTest {

    private static final List<String> NAMES = List.of(
            "a:x/p",
            "a:x/P",
            "a:x/p.git",
            "a:x/p.",
            "a:x/p.json",
            "a:x/P.tar.GZ",
            "a:x/p.q/q.xml",
            "a:x/p1",
            "a:x/P1.git",
            "a:x/07",
            "a:x/7",
            "a:x/p/7",
            "a:x/P/007",
            "a:x/p.git/q",
            "a:x/p/q",
            "a:y/p",
            "a:y/P1",
            "b:x/p");

    private static final List<String> PATTERNS =
            List.of("a:x/*", "a:x/p*", "a:x/P*", "a:x/0*", "a:x/p/*", "a:x/P.git/*", "a:x/p/0*", "a:y/*");

    private static <T> T any(List<T> all, RandomGenerator random) {
        return all.get(random.nextInt(all.size()));
    }

    private static Set<Resource> groups(RandomGenerator random) {
        return random.nextBoolean() ? Set.of() : Set.of(Resource.parse(any(NAMES, random)));
    }

    /** Applies the definition literally to the whole seal. */
    private static Optional<Placement> searched(Seal.Upstream upstream, Resource resource) {
        if (upstream.resources().containsKey(resource)) {
            return Optional.of(upstream.resources().get(resource));
        }
        return upstream.patterns().stream()
                .filter(pattern -> pattern.covers(resource))
                .max(Comparator.comparingInt(pattern -> pattern.prefix().length()))
                .map(longest -> {
                    Set<String> environments = new TreeSet<>(longest.environments());
                    Set<Resource> groups = new TreeSet<>(longest.groups());
                    upstream.resources().values().stream()
                            .filter(line -> endings(resource)
                                    .anyMatch(name -> line.resource().folded().equals(name.folded())))
                            .forEach(line -> {
                                environments.addAll(line.environments());
                                groups.addAll(line.groups());
                            });
                    upstream.patterns().stream()
                            .filter(pattern -> pattern.prefix().length()
                                    >= longest.prefix().length())
                            .filter(pattern -> pattern.mayCover(
                                    resource, Resource.folded(pattern.prefix()), Resource.folded(resource.id())))
                            .forEach(pattern -> {
                                environments.addAll(pattern.environments());
                                groups.addAll(pattern.groups());
                            });
                    return new Placement(resource, environments, groups, Provenance.SEALED, true);
                });
    }

    private static Stream<Resource> endings(Resource resource) {
        String name = resource.toString();
        return resource.id().matches("(.*/)?[^/]+\\.[^/.]*")
                ? Stream.concat(Stream.of(resource), endings(Resource.parse(name.substring(0, name.lastIndexOf('.')))))
                : Stream.of(resource);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod-4.json", "prod-4.JSON", "Prod-4.xml", "prod-4.tar.gz", "prod-4.", "prod-4.json.json"})
    void nameWithAFormatsEndingIsWhereTheNameIs(String id) {
        Resource prod = Resource.parse("a:x/prod-4");
        Seal.Upstream upstream = upstream(
                Map.of(prod, new Placement(prod, Set.of("production"), Set.of(), Provenance.SEALED, true)),
                Set.of(ResourcePattern.parse("a:x/*", Set.of("staging"), Set.of())));
        assertThat(upstream.placement(Resource.parse("a:x/" + id)).orElseThrow().environments())
                .containsExactly("production", "staging");
        assertThat(upstream.placement(Resource.parse("a:x/other.json"))
                        .orElseThrow()
                        .environments())
                .containsExactly("staging");
    }

    /** Dots may belong to a name. Then it gets a line. */
    @Test
    void nameWithALineOfItsOwnIsThereAlone() {
        Resource site = Resource.parse("a:x/acme");
        Resource other = Resource.parse("a:x/acme.dev");
        Seal.Upstream upstream = upstream(
                Map.of(
                        site,
                        new Placement(site, Set.of("production"), Set.of(), Provenance.SEALED, true),
                        other,
                        new Placement(other, Set.of("staging"), Set.of(), Provenance.SEALED, true)),
                Set.of());
        assertThat(upstream.placement(other).orElseThrow().environments()).containsExactly("staging");
    }

    @Test
    void whatIsLookedUpIsWhatASearchFinds() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(11);
        for (int round = 0; round < 2_000; round++) {
            Map<Resource, Placement> lines = new TreeMap<>();
            IntStream.range(0, random.nextInt(6)).forEach(i -> {
                Resource resource = Resource.parse(any(NAMES, random));
                lines.put(resource, new Placement(resource, Set.of("l" + i), groups(random), Provenance.SEALED, true));
            });
            Set<ResourcePattern> patterns = new TreeSet<>();
            IntStream.range(0, random.nextInt(5))
                    .forEach(i -> patterns.add(
                            ResourcePattern.parse(any(PATTERNS, random), Set.of("p" + i), groups(random))));
            Seal.Upstream upstream = upstream(lines, patterns);
            for (String name : NAMES) {
                Resource resource = Resource.parse(name);
                assertThat(upstream.placement(resource))
                        .as("%s in %s and %s", name, lines, patterns)
                        .isEqualTo(searched(upstream, resource));
            }
        }
    }

    private static Seal.Upstream upstream(Map<Resource, Placement> lines, Set<ResourcePattern> patterns) {
        return new Seal.Upstream(
                "a",
                "a",
                URI.create("https://a.example"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                new SealedPlacements(lines, patterns),
                List.of(),
                false,
                false,
                false);
    }

    /** Equal contents make equal objects, as in all other parts of a seal. */
    @Test
    void upstreamsAreEqualByWhatTheySay() {
        Resource resource = Resource.parse("a:x/p");
        Placement line = new Placement(resource, Set.of("staging"), Set.of(), Provenance.SEALED, true);
        Set<ResourcePattern> patterns = Set.of(ResourcePattern.parse("a:x/*", Set.of("staging"), Set.of()));
        Seal.Upstream one = upstream(Map.of(resource, line), patterns);

        assertThat(upstream(Map.of(resource, line), patterns)).isEqualTo(one).hasSameHashCodeAs(one);
        assertThat(upstream(Map.of(), patterns)).isNotEqualTo(one);
        assertThat(upstream(Map.of(resource, line), Set.of())).isNotEqualTo(one);
    }
}
