package dev.interlock.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.LruMap;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the repositories of GitHub's opaque ids. Most mutations of GitHub's GraphQL name a pull request, an issue or a
 * repository by such an id alone.
 *
 * <p>Threading: any; the monitor guards what is remembered, and no query is made under it.
 */
final class GithubNodes implements Provider {

    /** Maximum ids of one query, as many as GitHub answers at once. */
    static final int MAX_IDS = 100;

    /** Maximum age of an answer that is relied on. An id keeps its repository, but repositories can be renamed. */
    static final Duration MAX_AGE = Duration.ofMinutes(2);

    private static final int MAX_REMEMBERED = 10_000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,100}/[A-Za-z0-9._-]{1,100}");

    /** Types with a field {@code repository}; each gets an alias, because not all of these may be null. */
    private static final List<String> TYPES = List.of(
            "BranchProtectionRule CheckRun CheckSuite Commit CommitComment Discussion Issue IssueComment Label Milestone PullRequest PullRequestReview PullRequestReviewComment PullRequestReviewThread Ref Release"
                    .split(" "));

    /** The query: a constant text. Ids are sent as variables, so that nothing from an agent can change it. */
    static final String QUERY = query();

    private record RememberedRepository(Resource repository, Instant at) {}

    private final Clock clock;
    private final Map<String, RememberedRepository> remembered = new LruMap<>(MAX_REMEMBERED);

    GithubNodes(Clock clock) {
        this.clock = clock;
    }

    private static String query() {
        return TYPES.stream()
                .map(type -> " ... on " + type + " { " + type.substring(0, 1).toLowerCase(Locale.ROOT)
                        + type.substring(1) + ": repository { nameWithOwner } }")
                .collect(Collectors.joining(
                        "",
                        "query InterlockNodes($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { nameWithOwner } ... on DiscussionComment { discussion { repository { nameWithOwner } } }",
                        " } }"));
    }

    @Override
    public boolean isOpaque(Resource resource) {
        return resource.type().equals("node");
    }

    @Override
    public List<ListedToken> tokens(Seal seal, Seal.Upstream upstream, SurveyQueries questions, List<String> unread)
            throws UnresolvedException {
        return new GithubTokens(seal, upstream, questions).list(unread);
    }

    /** {@inheritDoc} An id that GitHub does not show, or that lies in no repository, is missing. */
    @Override
    public Map<Resource, Resource> containers(
            Seal.Upstream upstream, Set<Resource> nodes, boolean mayRemember, SurveyQueries questions)
            throws UnresolvedException {
        Map<Resource, Resource> found = new TreeMap<>();
        List<Resource> unknown = new ArrayList<>();
        for (Resource node : nodes) {
            Optional<Resource> known = mayRemember ? remembered(upstream, node) : Optional.empty();
            known.ifPresentOrElse(repository -> found.put(node, repository), () -> unknown.add(node));
        }
        if (unknown.isEmpty()) {
            return found;
        }
        if (unknown.size() > MAX_IDS) {
            throw new UnresolvedException("one call names too many ids");
        }
        Instant begun = clock.instant();
        Map<Resource, Resource> told = read(
                unknown,
                questions.ask(
                        upstream,
                        SurveyQueries.graphql(
                                upstream,
                                "/graphql",
                                List.of(new Header("user-agent", "interlock")),
                                QUERY,
                                Map.of("ids", unknown.stream().map(Resource::id).toList()))));
        synchronized (remembered) {
            told.forEach((node, repository) ->
                    remembered.put(key(upstream, node), new RememberedRepository(repository, begun)));
        }
        found.putAll(told);
        return found;
    }

    private Optional<Resource> remembered(Seal.Upstream upstream, Resource node) {
        synchronized (remembered) {
            return Optional.ofNullable(remembered.get(key(upstream, node)))
                    .filter(known -> !known.at().isBefore(clock.instant().minus(MAX_AGE)))
                    .map(RememberedRepository::repository);
        }
    }

    private static String key(Seal.Upstream upstream, Resource node) {
        return TopologyCache.key(upstream) + " " + node;
    }

    /**
     * Reads the answer to {@link #QUERY} about {@code nodes}. GitHub answers in their order, with null for an id that
     * it does not show, and tells of those also below {@code errors}.
     */
    Map<Resource, Resource> read(List<Resource> nodes, Bytes answer) throws UnresolvedException {
        JsonNode items = ProviderAnswer.readObject(answer).in("data").node().path("nodes");
        if (!items.isArray() || items.size() != nodes.size()) {
            throw new UnresolvedException("the provider's answer is not of the expected form");
        }
        Map<Resource, Resource> found = new TreeMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            Resource node = nodes.get(i);
            repository(items.get(i)).ifPresent(repository -> found.put(node, repository));
        }
        return found;
    }

    private static Optional<Resource> repository(JsonNode item) {
        List<JsonNode> names = item.findValues("nameWithOwner");
        return names.size() == 1
                        && names.getFirst().isTextual()
                        && NAME.matcher(names.getFirst().textValue()).matches()
                ? Optional.of(new Resource(
                        "github", "repo", names.getFirst().textValue().toLowerCase(Locale.ROOT)))
                : Optional.empty();
    }
}
