package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourcePatternTest {

    /** An organisation {@code acme} in which agents work; they may not use all of it. */
    private static final Seal.Upstream GITHUB = upstream(
            Map.of("acme/shop", "production", "acme/web-api", "staging"),
            Map.of("acme/*", "staging", "acme/prod-*", "production", "ACME/core-*", "production"));

    private static Seal.Upstream upstream(Map<String, String> exact, Map<String, String> patterns) {
        Map<Resource, Placement> resources = new HashMap<>();
        exact.forEach((id, environment) -> resources.put(
                repo(id), new Placement(repo(id), Set.of(environment), Set.of(), Provenance.SEALED, true)));
        Set<ResourcePattern> sealed = new TreeSet<>();
        patterns.forEach((id, environment) ->
                sealed.add(ResourcePattern.parse("github:repo/" + id, Set.of(environment), Set.of())));
        return new Seal.Upstream(
                "github",
                "github",
                URI.create("https://api.github.com"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                new SealedPlacements(resources, sealed),
                List.of(),
                false,
                false,
                false);
    }

    private static Resource repo(String id) {
        return new Resource("github", "repo", id);
    }

    private static String places(Resource resource) {
        return GITHUB.placement(resource)
                .map(placement -> String.join(" ", placement.environments()))
                .orElse("nobody says");
    }

    @ParameterizedTest
    @CsvSource({
        "acme/new, staging",
        "acme/.github, staging",
        "acme/web-api, staging",
        "acme/shop, production",
        "acme/prod-db, production",
        "acme/prod-, staging",
        "acmee/new, nobody says",
        "other/new, nobody says"
    })
    void whatIsNamedBeatsTheLongestPatternWhichBeatsTheOthers(String id, String where) {
        assertThat(places(repo(id))).isEqualTo(where);
    }

    @Test
    void itPlacesOneTypeOfOneProvider() {
        assertThat(places(new Resource("github", "repo-id", "acme/new"))).isEqualTo("nobody says");
        assertThat(places(new Resource("gitlab", "repo", "acme/new"))).isEqualTo("nobody says");
    }

    /** Names that a server may read as another name, or as none. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "acme/",
                "acme//",
                "acme/..",
                "acme/.",
                "acme/../acme/shop",
                "acme/x/../shop",
                "acme/shop/",
                "acme/shop/x",
                "acme/shop%2e",
                "acme/sh%6fp",
                "acme/shop?x",
                "acme/shop#x",
                "acme/shop;x",
                "acme/shop\\x",
                "acme/shop x",
                "acme/shop\u0000",
                "acme/sh\u043ep",
                "acme/sho\u200bp",
                "acme/\uff53hop",
                " acme/new",
                "acme /new",
                "acme"
            })
    void aCraftedNameIsPlacedByNoPattern(String id) {
        assertThat(places(repo(id))).isEqualTo("nobody says");
    }

    @Test
    void aNameBeyondAllMeasureIsPlacedByNoPattern() {
        assertThat(places(repo("acme/" + "x".repeat(508)))).isEqualTo("nobody says");
    }

    /** A provider may read two spellings as one name, which then has the placements of both. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "acme/Shop",
                "acme/SHOP",
                "acme/shop.git",
                "acme/shop.",
                "acme/shop.git.",
                "acme/Prod-db",
                "acme/core-x"
            })
    void whatMayBeAnotherNameOfSomethingProtectedIsThereToo(String id) {
        assertThat(places(repo(id))).isEqualTo("production staging");
    }

    @Test
    void leadingZerosMakeNoOtherNumber() {
        Seal.Upstream numbers = upstream(Map.of("7", "production"), Map.of("*", "staging"));
        assertThat(numbers.placement(repo("007")).orElseThrow().environments()).contains("production");
        assertThat(numbers.placement(repo("70")).orElseThrow().environments()).containsExactly("staging");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "github:repo/a*b",
                "github:repo/**",
                "github:repo/*/x",
                "github:repo/../*",
                "github:repo/a/../*",
                "github:repo//*",
                "github:repo/a b/*",
                "github:repo/%61/*",
                "github:account/*",
                "github:*",
                "*"
            })
    void aPatternThatIsNotPlainIsNone(String text) {
        assertThatThrownBy(() -> ResourcePattern.parse(text, Set.of("staging"), Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Sealing more protection somewhere never removes protection anywhere. */
    @Test
    void aProtectedPatternMoreNeverMakesAnythingLessProtected() {
        long seed = System.nanoTime();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 2_000; round++) {
            Map<String, String> patterns = new HashMap<>();
            for (int i = 0; i < 3; i++) {
                patterns.put(name(random) + "*", random.nextBoolean() ? "staging" : "production");
            }
            Map<String, String> exact = new HashMap<>(Map.of(name(random) + "x", "production"));
            Seal.Upstream before = upstream(exact, patterns);
            Map<String, String> more = new HashMap<>(patterns);
            String added = name(random);
            more.put(added + "*", "production");
            Seal.Upstream after = upstream(exact, more);
            String id = name(random) + name(random);
            Resource resource = repo(id.isEmpty() ? "x" : id);
            boolean guarded = isProtected(before.placement(resource));
            boolean longerUnprotected = patterns.entrySet().stream()
                    .anyMatch(pattern -> pattern.getValue().equals("staging")
                            && pattern.getKey().length() > added.length() + 1);
            if (guarded && !longerUnprotected && before.placement(resource).isPresent()) {
                assertThat(isProtected(after.placement(resource)))
                        .as("seed %d, round %d: %s in %s and %s*", seed, round, resource, before, added)
                        .isTrue();
            }
        }
    }

    private static boolean isProtected(Optional<Placement> placement) {
        return placement
                .map(known -> known.environments().contains("production"))
                .orElse(true);
    }

    private static String name(RandomGenerator random) {
        List<String> pieces = List.of("a", "A", "b", "a/", "b.git", ".", "0", "7");
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            String piece = pieces.get(random.nextInt(pieces.size()));
            name.append(piece);
        }
        String made = name.toString();
        return made.matches("(?:[A-Za-z0-9._-]+/)*[A-Za-z0-9._-]*") && !(made + "x").matches("(.*/)?\\.\\.?(/.*)?")
                ? made
                : "a";
    }
}
