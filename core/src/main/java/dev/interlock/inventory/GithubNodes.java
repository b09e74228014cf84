package dev.interlock.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.LruMap;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
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
 * Finds out what GitHub's opaque ids name, and in which repository it lies. Most mutations of GitHub's GraphQL name a
 * pull request, an issue or a repository by such an id alone.
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

    /** The query: a constant text. Ids are sent as variables, so that nothing from an agent can change it. */
    static final String QUERY = query();

    private record RememberedNode(NodeDescription node, Instant at) {}

    private final Clock clock;
    private final Map<String, RememberedNode> remembered = new LruMap<>(MAX_REMEMBERED);

    GithubNodes(Clock clock) {
        this.clock = clock;
    }

    private static String query() {
        return GithubNodeType.all()
                .map(GithubNodeType::selection)
                .collect(Collectors.joining(
                        "", "query InterlockNodes($ids: [ID!]!) { nodes(ids: $ids) { __typename", " } }"));
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

    /** {@inheritDoc} An id that GitHub does not show is missing. */
    @Override
    public Map<Resource, NodeDescription> describe(
            Seal.Upstream upstream, Set<Resource> nodes, boolean mayRemember, SurveyQueries questions)
            throws UnresolvedException {
        Map<Resource, NodeDescription> found = new TreeMap<>();
        List<Resource> unknown = new ArrayList<>();
        for (Resource node : nodes) {
            Optional<NodeDescription> known = mayRemember ? remembered(upstream, node) : Optional.empty();
            known.ifPresentOrElse(description -> found.put(node, description), () -> unknown.add(node));
        }
        if (unknown.isEmpty()) {
            return found;
        }
        if (unknown.size() > MAX_IDS) {
            throw new UnresolvedException("one call names too many ids");
        }
        Instant begun = clock.instant();
        Map<Resource, NodeDescription> told = read(
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
            told.forEach(
                    (node, description) -> remembered.put(key(upstream, node), new RememberedNode(description, begun)));
        }
        found.putAll(told);
        return found;
    }

    private Optional<NodeDescription> remembered(Seal.Upstream upstream, Resource node) {
        synchronized (remembered) {
            return Optional.ofNullable(remembered.get(key(upstream, node)))
                    .filter(known -> !known.at().isBefore(clock.instant().minus(MAX_AGE)))
                    .map(RememberedNode::node);
        }
    }

    private static String key(Seal.Upstream upstream, Resource node) {
        return TopologyCache.key(upstream) + " " + node;
    }

    /**
     * Reads the answer to {@link #QUERY} about {@code nodes}. GitHub answers in their order, with null for an id that
     * it does not show, and tells of those also below {@code errors}.
     */
    Map<Resource, NodeDescription> read(List<Resource> nodes, Bytes answer) throws UnresolvedException {
        JsonNode items = ProviderAnswer.readObject(answer).in("data").node().path("nodes");
        if (!items.isArray() || items.size() != nodes.size()) {
            throw new UnresolvedException("the provider's answer is not of the expected form");
        }
        Map<Resource, NodeDescription> found = new TreeMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (items.get(i).isObject()) {
                found.put(nodes.get(i), describe(nodes.get(i), items.get(i)));
            }
        }
        return found;
    }

    private static NodeDescription describe(Resource node, JsonNode item) {
        Optional<GithubNodeType> type =
                GithubNodeType.find(item.path("__typename").asText());
        Optional<Resource> repository = repository(item);
        Optional<String> place = repository.map(in -> " in " + in.id());
        Optional<String> called = type.flatMap(known -> known.called(item));
        return new NodeDescription(
                repository,
                called.filter(_ -> type.get().name().equals("Repository"))
                        .or(() -> called.or(() -> place.map(_ -> node.type() + " " + node.id()))
                                .map(name -> VisibleText.line(name + place.orElse("")))),
                type.flatMap(known -> known.title(item)),
                type.flatMap(known -> known.ref(item)));
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
