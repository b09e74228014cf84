package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Reversibility;
import dev.interlock.inventory.Freshness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the deletion of a branch means the same by REST and by GraphQL, which names it by an opaque id. */
final class RefDeletionsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String UNDO = "undo: {for: 7d, agent-for: 1h, max-bytes: 2000}\n";
    private static final String NOTHING = "0".repeat(40);

    @TempDir
    private Path directory;

    private GateFixture house;
    private final Map<String, String> nodes = new TreeMap<>();
    private final List<String> read = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        house = provided(new GateFixture(directory.resolve("a"), UNDO));
        node("REF_1", "Ref", "Acme/Shop", "topic");
        node("REF_main", "Ref", "acme/shop", "main");
        node("R_1", "Repository", "acme/shop", "");
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private void node(String id, String type, String repository, String branch) {
        nodes.put(
                id,
                type.equals("Ref")
                        ? "{'__typename':'Ref','atRef':{'nameWithOwner':'%s'},'prefix':'refs/heads/','keyRef':'%s'}"
                                .formatted(repository, branch)
                        : "{'__typename':'%s','nameWithOwner':'%s'}".formatted(type, repository));
    }

    private GateFixture provided(GateFixture fixture) {
        fixture.asker = (_, question) -> {
            if (!question.path().equals("/graphql")) {
                return Bytes.utf8("{\"full_name\":\"acme/shop\",\"default_branch\":\"main\"}");
            }
            ArrayNode told = JSON.createArrayNode();
            for (var id : JSON.readTree(question.body().toArray()).at("/variables/ids")) {
                told.add(
                        JSON.readTree(nodes.getOrDefault(id.textValue(), "null").replace('\'', '"')));
            }
            return Bytes.utf8("{\"data\":{\"nodes\":" + told + "}}");
        };
        fixture.deletion = (request, ref) -> {
            read.add(HttpCall.of(request.call()).path() + " " + ref);
            PushedRef lost = new PushedRef(
                    PushedRef.Change.DELETE,
                    ref,
                    "1".repeat(40),
                    false,
                    ref.equals("refs/heads/main"),
                    PushedRef.Origin.READ,
                    PushedRef.ChangedFiles.NONE,
                    OptionalInt.of(3),
                    new PushedRef.LostHistory(List.of("sam"), List.of(), "2026-01-01"));
            return Optional.of(new PushReader.PushReading.ReadPush(
                    List.of(lost), request.call(), _ -> Optional.of(Bytes.utf8("kept")), _ -> {}));
        };
        return fixture;
    }

    private static HttpCall call(String method, String path, String body) {
        return new HttpCall(
                method,
                "api.github.com",
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    private static HttpCall rest(String branch) {
        return call("DELETE", "/repos/acme/shop/git/refs/heads/" + branch, "");
    }

    private static HttpCall graphql(String... mutations) {
        String fields = IntStream.range(0, mutations.length)
                .mapToObj(i -> "a" + i + ": " + mutations[i] + " { clientMutationId }")
                .collect(Collectors.joining(" "));
        return call(
                "POST",
                "/graphql",
                JSON.createObjectNode()
                        .put("query", "mutation { " + fields.replace('\'', '"') + " }")
                        .toString());
    }

    private static String deleting(String id) {
        return "deleteRef(input: {refId: '" + id + "'})";
    }

    private static String moving(String name, String after) {
        return "updateRefs(input: {repositoryId: 'R_1', refUpdates: [{name: 'refs/heads/other', afterOid: '0a'}, {name: '"
                + name + "', afterOid: '" + after + "', force: true}]})";
    }

    private Resolution.Resolved resolved(HttpCall call) {
        List<Attempt.PresentedCredential> presented =
                List.of(new Attempt.PresentedCredential("header authorization", house.token));
        Resolution resolution = house.senses.resolve(
                new Attempt("github-asked", presented, Optional.empty(), call, house.clock.instant()), Freshness.FRESH);
        assertThat(resolution).isInstanceOf(Resolution.Resolved.class);
        return (Resolution.Resolved) resolution;
    }

    private List<Action> actions(HttpCall call) {
        return resolved(call).resolved().actions();
    }

    private static Action whole(Action action) {
        return new Action(
                action.operation(), action.impacts(), action.reversibility(), action.resources(), action.facts());
    }

    private static boolean counts(Action action) {
        return action.facts().stream()
                .anyMatch(fact ->
                        fact.name().equals(Fact.COUNT + "lost") && fact.value().equals("3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic", "main"})
    void deletionMeansTheSameByBothProtocols(String branch) {
        Resolution.Resolved rest = resolved(rest(branch));
        Resolution.Resolved graphql = resolved(graphql(deleting(branch.equals("main") ? "REF_main" : "REF_1")));

        assertThat(graphql.resolved().actions())
                .map(RefDeletionsTest::whole)
                .isEqualTo(rest.resolved().actions());
        assertThat(graphql.resolved().actions())
                .allMatch(RefDeletionsTest::counts)
                .allMatch(Action::piecemeal);
        assertThat(graphql.resolved().headline())
                .isEqualTo(rest.resolved().headline())
                .contains(branch, "3 commits");
        assertThat(graphql.resolved().radius()).isEqualTo(rest.resolved().radius());
        assertThat(graphql.prior().map(PriorState::content))
                .isEqualTo(rest.prior().map(PriorState::content))
                .isPresent();
        assertThat(read).hasSize(2).containsOnly("/acme/shop/git-receive-pack refs/heads/" + branch);
        assertThat(house.send("github-asked", graphql(deleting("REF_main")), house.token))
                .isInstanceOf(Outcome.Held.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"REF_unknown", "R_1"})
    void whatGithubDoesNotTellIsTheWorst(String id) {
        List<Action> actions = actions(graphql(deleting(id)));

        assertThat(actions).hasSize(1);
        assertThat(actions.getFirst().impacts()).containsExactly(Impact.DESTROY);
        assertThat(actions.getFirst().reversibility()).isEqualTo(Reversibility.IRREVERSIBLE);
        assertThat(read).isEmpty();
    }

    @Test
    void nothingIsReadBeyondTheLease() {
        node("REF_live", "Ref", "acme/live", "topic");
        actions(graphql(deleting("REF_live")));
        actions(graphql(deleting("REF_1"), deleting("REF_live")));
        assertThat(read).isEmpty();
    }

    @Test
    void eachDeletionOfABatchIsCounted() {
        node("REF_2", "Ref", "acme/shop", "second");
        List<Action> actions =
                actions(graphql(deleting("REF_1"), "addStar(input: {starrableId: 'R_1'})", deleting("REF_2")));

        assertThat(actions)
                .extracting(action -> action.operation().name())
                .containsExactly("addStar", "git/delete-ref", "git/delete-ref");
        assertThat(actions.subList(1, 3)).allMatch(RefDeletionsTest::counts);
    }

    @Test
    void beyondAFewDeletionsEachIsTheWorst() {
        List<Action> actions = actions(graphql(IntStream.range(0, RefDeletions.MAX_READ + 1)
                .mapToObj(i -> deleting("REF_1"))
                .toArray(String[]::new)));

        assertThat(actions).allMatch(action -> action.reversibility() == Reversibility.IRREVERSIBLE);
        assertThat(read).isEmpty();
    }

    @Test
    void refThatIsMovedToNothingIsDeleted() {
        List<Action> actions = actions(graphql(moving("refs/heads/topic", NOTHING)));

        assertThat(actions)
                .extracting(action -> action.operation().name())
                .containsExactly("updateRefs", "git/delete-ref");
        assertThat(actions.getLast()).matches(RefDeletionsTest::counts);
        assertThat(whole(actions.getLast()).facts())
                .containsAll(actions(rest("topic")).getFirst().facts().stream()
                        .filter(fact -> fact.name().startsWith(Fact.COUNT))
                        .toList());
        assertThat(actions(graphql(moving("refs/heads/topic", "1".repeat(40))))).hasSize(1);
    }

    /** A rule that somebody sealed about just this way to delete binds as before. */
    @Test
    void sealedRuleAboutTheMutationStaysInForce() throws IOException {
        String forbidden = GateFixture.CEDAR + """
                @id("no-deletion-by-id")
                forbid (principal, action == Operation::Action::"github/deleteRef", resource);
                """;
        try (GateFixture strict = provided(new GateFixture(directory.resolve("b"), UNDO, forbidden))) {
            assertThat(strict.send("github-asked", graphql(deleting("REF_1")), strict.token))
                    .isInstanceOf(Outcome.Refused.class);
        }
        assertThat(house.send("github-asked", graphql(deleting("REF_1")), house.token))
                .isInstanceOf(Outcome.Forwarded.class);
        assertThat(Set.copyOf(house.upstream.credentials)).containsExactly("Bearer secret-of-github-asked-write");
    }
}
