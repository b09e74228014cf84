package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests where GitHub's opaque ids count as being. */
class GithubNodesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REACTABLE =
            "CommitComment Discussion DiscussionComment Issue IssueComment PullRequest PullRequestReview"
                    + " PullRequestReviewComment Release";
    private static final String MINIMIZABLE =
            "CommitComment DiscussionComment GistComment IssueComment PullRequestReview PullRequestReviewComment";
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

    private String headline(String mutation) {
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                "/graphql",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(JSON.createObjectNode()
                        .put("query", "mutation { " + mutation.replace('\'', '"') + " { clientMutationId } }")
                        .toString()));
        List<Action> actions = ((CallReading.CallMeaning)
                        BuiltIn.CATALOGS.find("github").orElseThrow().read(call))
                .actions();
        LocatedActions located = inventory.locate(seal(), "github", "L-1", actions, Freshness.CACHED);
        return new ResolvedAttempt(
                        new Attempt("github", List.of(), Optional.empty(), call, Instant.EPOCH),
                        Fixtures.wide(),
                        actions,
                        located.placements(),
                        located.radius(),
                        call,
                        SaltedDigests.OPEN)
                .headline();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "deleteDiscussion(input: {id: 'X_1'}) | Discussion | 'keyDiscussion': 12, 'titleDiscussion': 'Roadmap'"
                        + " | Delete discussion #12 \"Roadmap\" in acme/shop in staging",
                "deleteRef(input: {refId: 'X_1'}) | Ref | 'prefix': 'refs/heads/', 'keyRef': 'feature/x'"
                        + " | Delete branch feature/x in acme/shop in staging",
                "deleteRef(input: {refId: 'X_1'}) | Ref | 'prefix': 'refs/tags/', 'keyRef': 'a in acme/x'"
                        + " | Delete tag \"a in acme/x\" in acme/shop in staging",
                "deleteIssueComment(input: {id: 'X_1'}) | IssueComment | 'keyIssueComment': '17',"
                        + " 'byIssueComment': {'login': 'jer'}, 'ofIssueComment': {'number': 4}"
                        + " | Delete comment 17 by jer on #4 in acme/shop in staging",
                "mergePullRequest(input: {pullRequestId: 'X_1'}) | PullRequest | 'keyPullRequest': 7,"
                        + " 'titlePullRequest': 'Fix \\\"it\\\" \\u202e'"
                        + " | Merge pull request #7 \"Fix 'it' \\\\u{202e}\" in acme/shop, which runs code in staging",
                "closeIssue(input: {issueId: 'X_1'}) | Issue | 'keyIssue': 4, 'titleIssue': 'Private words'"
                        + " | Close issue #4 in acme/shop in staging",
                "deleteIssue(input: {issueId: 'X_1'}) | Unheard | 'keyIssue': 4 | Delete node X_1 in acme/shop in staging",
            })
    void anIdIsCalledAsPeopleCallTheThing(String mutation, String type, String members, String line) {
        items.put("X_1", "{'__typename': '" + type + "', 'atX': {'nameWithOwner': 'acme/shop'}, " + members + "}");

        assertThat(headline(mutation)).isEqualTo(line);
    }

    @Test
    void untilItIsKnownAnIdIsCalledById() {
        isDown = true;

        assertThat(headline("deleteDiscussion(input: {id: 'D_1'})")).isEqualTo("Delete node D_1 in production");
    }

    @Test
    void aTitleIsShortAndHoldsNoCredential() {
        String token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        items.put(
                "D_1",
                "{'__typename': 'Discussion', 'keyDiscussion': 12, 'titleDiscussion': '" + token + " " + "x".repeat(500)
                        + "', 'atDiscussion': {'nameWithOwner': 'acme/shop'}}");

        assertThat(headline("deleteDiscussion(input: {id: 'D_1'})"))
                .startsWith("Delete discussion #12 \"***")
                .endsWith("xxx...\" in acme/shop in staging")
                .doesNotContain(token)
                .hasSizeLessThan(150);
    }

    /** What can stand at each place where a mutation takes an id, by GitHub's schema. */
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("afterId", "Issue ProjectV2Item"),
            Map.entry("assignableId", "Issue PullRequest"),
            Map.entry("beforeId", "Issue"),
            Map.entry("blockingIssueId", "Issue"),
            Map.entry("canonicalId", "Issue PullRequest"),
            Map.entry("checkSuiteId", "CheckSuite"),
            Map.entry("commentId", "DiscussionComment"),
            Map.entry("contentId", "Issue PullRequest DraftIssue"),
            Map.entry("discussionId", "Discussion"),
            Map.entry("draftIssueId", "DraftIssue"),
            Map.entry("duplicateId", "Issue PullRequest"),
            Map.entry("duplicateIssueId", "Issue"),
            Map.entry("fieldId", "ProjectV2Field ProjectV2IterationField ProjectV2SingleSelectField"),
            Map.entry("headRepositoryId", "Repository"),
            Map.entry("inReplyTo", "PullRequestReviewComment"),
            Map.entry("issueId", "Issue"),
            Map.entry("itemId", "ProjectV2Item"),
            Map.entry("labelableId", "Discussion Issue PullRequest"),
            Map.entry("linkedBranchId", "LinkedBranch"),
            Map.entry("lockableId", "Discussion Issue PullRequest"),
            Map.entry("ownerId", "Organization User"),
            Map.entry("parentIssueId", "Issue"),
            Map.entry("projectId", "ProjectV2"),
            Map.entry("projectIds", "ProjectV2"),
            Map.entry("pullRequestId", "PullRequest"),
            Map.entry("pullRequestReviewCommentId", "PullRequestReviewComment"),
            Map.entry("pullRequestReviewId", "PullRequestReview"),
            Map.entry("pullRequestReviewThreadId", "PullRequestReviewThread"),
            Map.entry("refId", "Ref"),
            Map.entry("replyToId", "DiscussionComment"),
            Map.entry("repositoryId", "Repository"),
            Map.entry("starrableId", "Gist Repository Topic"),
            Map.entry("statusUpdateId", "ProjectV2StatusUpdate"),
            Map.entry("subIssueId", "Issue"),
            Map.entry("subscribableId", "Commit Discussion Issue PullRequest Repository Team"),
            Map.entry("threadId", "PullRequestReviewThread"),
            Map.entry("workflowRunId", "WorkflowRun"),
            Map.entry("branch.id", "Ref"),
            Map.entry("addComment subjectId", "Issue PullRequest"),
            Map.entry("addReaction subjectId", REACTABLE),
            Map.entry("removeReaction subjectId", REACTABLE),
            Map.entry("minimizeComment subjectId", MINIMIZABLE),
            Map.entry("unminimizeComment subjectId", MINIMIZABLE),
            Map.entry("addUpvote subjectId", "Discussion DiscussionComment"),
            Map.entry("removeUpvote subjectId", "Discussion DiscussionComment"),
            Map.entry("dequeuePullRequest id", "PullRequest"),
            Map.entry("deleteDiscussion id", "Discussion"),
            Map.entry("deleteDiscussionComment id", "DiscussionComment"),
            Map.entry("deleteIssueComment id", "IssueComment"),
            Map.entry("deleteLabel id", "Label"),
            Map.entry("deletePullRequestReviewComment id", "PullRequestReviewComment"),
            Map.entry("markDiscussionCommentAsAnswer id", "DiscussionComment"),
            Map.entry("unmarkDiscussionCommentAsAnswer id", "DiscussionComment"),
            Map.entry("updateIssue id", "Issue"),
            Map.entry("updateIssueComment id", "IssueComment"),
            Map.entry("updateLabel id", "Label"));

    @Test
    void everyTypeThatAMutationTakesIsDescribed() throws IOException {
        List<String> undescribed = new ArrayList<>();
        int places = 0;
        try (InputStream in = Catalog.class.getResourceAsStream("github.yaml")) {
            for (Map.Entry<String, JsonNode> mutation : YAMLMapper.builder()
                    .build()
                    .readTree(in)
                    .at("/graphql/mutations")
                    .properties()) {
                for (Map.Entry<String, JsonNode> place :
                        mutation.getValue().path("resources").properties()) {
                    if (place.getValue().asText().equals("node")) {
                        places++;
                        String argument = place.getKey().replaceFirst("input\\.", "");
                        String types = TYPES.getOrDefault(
                                argument, TYPES.getOrDefault(mutation.getKey() + " " + argument, "(none)"));
                        Stream.of(types.split(" "))
                                .filter(type -> GithubNodeType.find(type).isEmpty())
                                .forEach(type -> undescribed.add(mutation.getKey() + " " + argument + ": " + type));
                    }
                }
            }
        }
        assertThat(undescribed).isEmpty();
        assertThat(places).isGreaterThan(100);
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
                .contains(PULL);
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

        assertThat(nodes.read(List.of(PULL), Bytes.utf8(("{'data': {'nodes': [" + item + "]}}").replace('\'', '"')))
                        .values())
                .allMatch(told -> told.container().isEmpty());
    }
}
