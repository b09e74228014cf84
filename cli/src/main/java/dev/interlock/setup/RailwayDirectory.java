package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Railway's projects and environments. An account token lists all of them; a project token names the one environment
 * that it belongs to.
 */
public final class RailwayDirectory implements ProviderDirectory {

    private static final String PATH = "/graphql/v2";
    private static final int MAX_PAGES = 20;

    private static final String PROJECTS = """
            query InterlockSetup($after: String) {
              projects(first: 50, after: $after) {
                edges { node { name environments(first: 100) { edges { node { id name } } } } }
                pageInfo { hasNextPage endCursor }
              }
            }""";

    private static final String PROJECT_TOKEN = "query InterlockSetup { projectToken { projectId environmentId } }";

    private static final String NAMES = """
            query InterlockSetup($project: String!, $environment: String!) {
              project(id: $project) { name }
              environment(id: $environment) { name }
            }""";

    private final ProviderClient client;

    /** @param authority trusts the only authority for certificates of {@code address}, if it is a private one */
    public RailwayDirectory(URI address, Optional<SSLContext> authority) {
        this.client = new ProviderClient(address, authority);
    }

    @Override
    public String catalog() {
        return "railway";
    }

    @Override
    public String fullName() {
        return "Railway";
    }

    @Override
    public String address() {
        return client.address().toString();
    }

    @Override
    public boolean reads(String credentialKind) {
        return credentialKind.startsWith("railway-");
    }

    @Override
    public Optional<Listing> list(Secret token) throws IOException, InterruptedException {
        Optional<Listing> account = ofAccount(token);
        return account.isPresent() ? account : ofProject(token);
    }

    private Optional<Listing> ofAccount(Secret token) throws IOException, InterruptedException {
        List<NamedResource> found = new ArrayList<>();
        String after = null;
        for (int page = 0; page < MAX_PAGES; page++) {
            Map<String, Object> variables = after == null ? Map.of() : Map.of("after", after);
            Optional<JsonNode> data = ask(token, "Authorization", "Bearer ", PROJECTS, variables);
            if (data.isEmpty() || !data.get().path("projects").isObject()) {
                return Optional.empty();
            }
            JsonNode projects = data.get().path("projects");
            projects.path("edges").forEach(edge -> addAll(found, edge.path("node")));
            JsonNode next = projects.path("pageInfo");
            if (!next.path("hasNextPage").asBoolean()) {
                break;
            }
            after = next.path("endCursor").asText();
        }
        found.sort(Comparator.comparing(NamedResource::project).thenComparing(NamedResource::name));
        return Optional.of(new Listing(found, true, "account token"));
    }

    private static void addAll(List<NamedResource> found, JsonNode project) {
        project.path("environments").path("edges").forEach(edge -> {
            JsonNode environment = edge.path("node");
            found.add(resource(
                    environment.path("id").asText(),
                    project.path("name").asText(),
                    environment.path("name").asText()));
        });
    }

    private Optional<Listing> ofProject(Secret token) throws IOException, InterruptedException {
        Optional<JsonNode> own = ask(token, "Project-Access-Token", "", PROJECT_TOKEN, Map.of());
        String project = own.map(
                        data -> data.path("projectToken").path("projectId").asText(""))
                .orElse("");
        String environment = own.map(
                        data -> data.path("projectToken").path("environmentId").asText(""))
                .orElse("");
        if (project.isEmpty() || environment.isEmpty()) {
            return Optional.empty();
        }
        Optional<JsonNode> names =
                ask(token, "Project-Access-Token", "", NAMES, Map.of("project", project, "environment", environment));
        return Optional.of(new Listing(
                List.of(resource(
                        environment,
                        names.map(data -> data.path("project").path("name").asText(""))
                                .orElse(""),
                        names.map(data -> data.path("environment").path("name").asText(""))
                                .orElse(""))),
                false,
                "project token"));
    }

    private static NamedResource resource(String id, String project, String name) {
        return new NamedResource("railway:environment/" + id, project, name);
    }

    private Optional<JsonNode> ask(
            Secret token, String header, String scheme, String query, Map<String, Object> variables)
            throws IOException, InterruptedException {
        HttpRequest request = client.request(PATH)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .header(header, token.<String>use(text -> scheme + text))
                .POST(HttpRequest.BodyPublishers.ofString(
                        ProviderClient.json(Map.of("query", query, "variables", variables))))
                .build();
        return client.send(request).map(answer -> answer.path("data")).filter(JsonNode::isObject);
    }
}
