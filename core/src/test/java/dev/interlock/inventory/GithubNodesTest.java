package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReading;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests where GitHub's opaque ids count as being. */
class GithubNodesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Resource SHOP = new Resource("github", "repo", "acme/shop");
    private static final Resource WEBSITE = new Resource("github", "repo", "acme/website");
    private static final Resource PULL = node("PR_1");
    private final TestingClock clock = new TestingClock();
    private final List<HttpCall> asked = new ArrayList<>();
    private final Map<String, String> items = new TreeMap<>(Map.of(
            "PR_1", "{'pullRequest': {'nameWithOwner': 'Acme/Shop'}}",
            "R_1", "{'nameWithOwner': 'acme/shop'}",
            "DC_1", "{'discussion': {'repository': {'nameWithOwner': 'acme/shop'}}}",
            "PR_2", "{'pullRequest': {'nameWithOwner': 'acme/website'}}",
            "PR_3", "{'pullRequest': {'nameWithOwner': 'someone/else'}}",
            "U_1", "{}"));

    private boolean isDown;
    private final Inventory inventory =
            new Inventory((_, call) -> answer(HttpCall.of(call)), clock.utc(), BuiltIn.FACTS);
    private final Map<Resource, Placement> sealed = new TreeMap<>(Map.of(
            SHOP, placement(SHOP, "staging"),
            WEBSITE, placement(WEBSITE, "production")));
    private Optional<String> resolver = Optional.of("github-look");

    private static Resource node(String id) {
        return new Resource("github", "node", id);
    }

    private static Placement placement(Resource resource, String environment) {
        return new Placement(resource, Set.of(environment), Set.of(), Provenance.SEALED, true);
    }

    private Bytes answer(HttpCall call) throws IOException {
        asked.add(call);
        if (isDown) {
            throw new IOException("down");
        }
        List<String> parts = new ArrayList<>();
        for (JsonNode id : JSON.readTree(call.body().toArray()).at("/variables/ids")) {
            parts.add(items.getOrDefault(id.textValue(), "null").replace('\'', '"'));
        }
        String errors = parts.contains("null") ? "\"errors\": [{\"type\": \"NOT_FOUND\"}], " : "";
        return Bytes.utf8("{" + errors + "\"data\": {\"nodes\": [" + String.join(",", parts) + "]}}");
    }

    private Seal seal() {
        return Seal.empty("0".repeat(64), "acme", 1, Instant.EPOCH, Instant.MAX).with(parts -> {
            parts.environments = Map.of(
                    "production", new Seal.Environment("production", true, false),
                    "staging", new Seal.Environment("staging", false, false));
            parts.upstreams = Map.of(
                    "github",
                    new Seal.Upstream(
                            "github",
                            "github",
                            URI.create("https://api.github.com"),
                            Optional.empty(),
                            List.of(),
                            resolver,
                            sealed,
                            List.of()));
        });
    }

    private LocatedActions locate(Impact impact, Freshness freshness, Resource... resources) {
        Action action = new Action(
                new Operation("github", "addComment"),
                Set.of(impact),
                Reversibility.IRREVERSIBLE,
                Set.of(resources),
                List.of());
        return inventory.locate(seal(), "github", "L-1", List.of(action), freshness);
    }

    private Placement place(Resource resource) {
        Placement placement =
                locate(Impact.WRITE, Freshness.CACHED, resource).placements().get(resource);
        assertThat(placement).isNotNull();
        return placement;
    }

    @ParameterizedTest
    @ValueSource(strings = {"PR_1", "R_1", "DC_1"})
    void anIdIsWhereItsRepositoryIs(String id) {
        Placement placement = place(node(id));

        assertThat(placement.environments()).containsExactly("staging");
        assertThat(placement.groups())
                .as("what is said of the repository holds")
                .containsExactly(SHOP);
        assertThat(placement.known()).isTrue();
        assertThat(placement.provenance()).isEqualTo(Provenance.RESOLVED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PR_2", "PR_3", "U_1", "unknown"})
    void anIdInAnotherRepositoryOrInNoneIsProtected(String id) {
        assertThat(place(node(id)).environments()).containsExactly("production");
    }

    @Test
    void anIdIsProtectedWhileGithubCannotBeAsked() {
        isDown = true;

        LocatedActions located = locate(Impact.WRITE, Freshness.CACHED, PULL);

        assertThat(located.placements().get(PULL)).returns(false, Placement::known);
        assertThat(located.placements().get(PULL)).returns(Set.of("production"), Placement::environments);
        assertThat(located.gaps()).anyMatch(gap -> gap.contains("could not be looked up"));
    }

    @Test
    void anIdIsProtectedWithoutAResolver() {
        resolver = Optional.empty();

        assertThat(place(PULL).environments()).containsExactly("production");
        assertThat(asked).isEmpty();
    }

    @Test
    void whatTheSealSaysOfAnIdIsNeverTakenAway() {
        sealed.put(PULL, placement(PULL, "production"));
        sealed.put(node("PR_2"), placement(node("PR_2"), "staging"));

        assertThat(place(PULL).environments()).containsExactly("production", "staging");
        assertThat(place(node("PR_2")).environments()).containsExactly("production", "staging");
    }

    @Test
    void whoeverDestroysThroughAnIdReachesWhatLiesInTheRepository() {
        Resource environment = new Resource("github", "repo", "acme/shop/live");
        sealed.put(environment, placement(environment, "production"));

        assertThat(place(PULL).environments()).containsExactly("staging");
        assertThat(locate(Impact.DESTROY, Freshness.CACHED, PULL).placements().get(PULL))
                .returns(Set.of("production", "staging"), Placement::environments);
    }

    @Test
    void eachIdOfACallCounts() {
        Map<Resource, Placement> placements = locate(Impact.WRITE, Freshness.CACHED, PULL, node("PR_2"), node("U_1"))
                .placements();

        assertThat(placements.get(PULL)).returns(Set.of("staging"), Placement::environments);
        assertThat(placements.get(node("PR_2"))).returns(Set.of("production"), Placement::environments);
        assertThat(placements.get(node("U_1"))).returns(Set.of("production"), Placement::environments);
        assertThat(asked).hasSize(1);
    }

    @Test
    void anAnswerCountsForAShortTimeAndNeverForADestruction() {
        place(PULL);
        place(PULL);
        assertThat(asked).hasSize(1);

        locate(Impact.DESTROY, Freshness.CACHED, PULL);
        locate(Impact.WRITE, Freshness.FRESH, PULL);
        assertThat(asked).hasSize(3);

        clock.pass(GithubNodes.MAX_AGE.plus(Duration.ofSeconds(1)));
        items.put("PR_1", "{'pullRequest': {'nameWithOwner': 'acme/website'}}");
        assertThat(place(PULL).environments()).containsExactly("production");
    }

    @Test
    void aCallWithMoreIdsThanGithubAnswersAtOnceIsProtected() {
        Resource[] many = IntStream.rangeClosed(0, GithubNodes.MAX_IDS)
                .mapToObj(i -> node("PR_1" + "x".repeat(i)))
                .toArray(Resource[]::new);

        assertThat(locate(Impact.WRITE, Freshness.CACHED, many).placements().get(many[0]))
                .returns(Set.of("production"), Placement::environments);
        assertThat(asked).isEmpty();
    }

    @Test
    void aCallThatNamesRepositoriesAsksNothing() {
        place(SHOP);

        assertThat(asked).isEmpty();
    }

    /** The catalog knows GitHub's schema, so that a field which does not exist would be refused. */
    @Test
    void theQueryIsAReadThatTheCatalogKnows() {
        place(PULL);

        CallReading reading = BuiltIn.CATALOGS.find("github").orElseThrow().read(asked.getFirst());

        assertThat(reading).isInstanceOf(CallReading.CallMeaning.class);
        assertThat(((CallReading.CallMeaning) reading).actions())
                .allMatch(action -> action.impacts().equals(Set.of(Impact.READ)))
                .flatExtracting(Action::resources)
                .containsOnly(PULL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{'data': null, 'errors': []}",
                "{'data': {'nodes': []}}",
                "{'data': {'nodes': {'nameWithOwner': 'acme/shop'}}}",
                "{'data': {'nodes': [{'nameWithOwner': 'acme/shop'}, null]}}",
                "{'data': {'nodes': [null]}, 'data': {'nodes': [{'nameWithOwner': 'acme/shop'}]}}"
            })
    void anAnswerOfAnotherFormIsNone(String answer) {
        GithubNodes nodes = new GithubNodes(clock.utc());

        assertThatThrownBy(() -> nodes.read(List.of(PULL), Bytes.utf8(answer.replace('\'', '"'))))
                .isInstanceOf(UnresolvedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'nameWithOwner': 'acme/shop', 'issue': {'nameWithOwner': 'acme/website'}}",
                "{'nameWithOwner': 'acme'}",
                "{'nameWithOwner': 'acme/shop/live'}",
                "{'nameWithOwner': ['acme/shop']}",
                "'acme/shop'"
            })
    void anItemWithoutOneNameOfARepositoryIsInNone(String item) throws UnresolvedException {
        GithubNodes nodes = new GithubNodes(clock.utc());

        assertThat(nodes.read(List.of(PULL), Bytes.utf8(("{'data': {'nodes': [" + item + "]}}").replace('\'', '"'))))
                .isEmpty();
    }
}
