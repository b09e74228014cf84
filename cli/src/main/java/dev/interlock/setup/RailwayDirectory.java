package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
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
public final class RailwayDirectory extends ProviderDirectory {

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

    public RailwayDirectory(URI address, Optional<SSLContext> authority) {
        super("railway", "Railway", new ProviderClient(address, authority));
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
        Map<String, Object> variables = Map.of();
        for (int page = 0; page < MAX_PAGES; page++) {
            Optional<JsonNode> data = ask(token, "Authorization", "Bearer ", PROJECTS, variables);
            if (data.isEmpty() || !data.get().path("projects").isObject()) {
                return Optional.empty();
            }
            JsonNode projects = data.get().path("projects");
            projects.path("edges").forEach(edge -> {
                JsonNode project = edge.path("node");
                project.path("environments")
                        .path("edges")
                        .forEach(one -> found.add(resource(one.path("node"), project)));
            });
            JsonNode next = projects.path("pageInfo");
            if (!next.path("hasNextPage").asBoolean()) {
                break;
            }
            variables = Map.of("after", next.path("endCursor").asText());
        }
        found.sort(Comparator.comparing(NamedResource::project).thenComparing(NamedResource::name));
        return Optional.of(new Listing(found, true, "account token"));
    }

    private Optional<Listing> ofProject(Secret token) throws IOException, InterruptedException {
        JsonNode own = ask(token, "Project-Access-Token", "", PROJECT_TOKEN, Map.of())
                .orElse(MissingNode.getInstance())
                .path("projectToken");
        String project = own.path("projectId").asText("");
        String environment = own.path("environmentId").asText("");
        if (project.isEmpty() || environment.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Object> ids = Map.of("project", project, "environment", environment);
        JsonNode names = ask(token, "Project-Access-Token", "", NAMES, ids).orElse(MissingNode.getInstance());
        return Optional.of(new Listing(
                List.of(resource(environment, names.path("environment"), names.path("project"))),
                false,
                "project token"));
    }

    private static NamedResource resource(JsonNode environment, JsonNode project) {
        return resource(environment.path("id").asText(), environment, project);
    }

    private static NamedResource resource(String id, JsonNode environment, JsonNode project) {
        return new NamedResource(
                "railway:environment/" + id,
                project.path("name").asText(""),
                environment.path("name").asText(""));
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
