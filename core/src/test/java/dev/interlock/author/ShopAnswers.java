package dev.interlock.author;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ResolverQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What GitHub and Railway answer about the shop of {@link StrangersCorpus}, as far as its writer has said. */
final class ShopAnswers implements ResolverQuery {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The commit at which {@code main} is. */
    private static final String HEAD = "9f2c1d7e4b8a6f035c2e1d9b7a4f6c8e0d3b5a71";

    private final JsonNode github;
    private final JsonNode railway;

    ShopAnswers() throws IOException {
        this.github = StrangersCorpus.world().path("github");
        this.railway = StrangersCorpus.world().path("railway");
    }

    @Override
    public Bytes ask(Seal.Upstream upstream, Call query) throws IOException {
        if (upstream.catalog().equals("github")) {
            HttpCall call = HttpCall.of(query);
            return call.path().endsWith("/graphql")
                    ? nodes(JSON.readTree(query.body().toArray())
                            .path("variables")
                            .path("ids"))
                    : rest(call.path());
        }
        JsonNode asked = JSON.readTree(query.body().toArray());
        return Bytes.utf8("{\"data\":"
                + railway(asked.path("query").asText(), asked.path("variables")).toString() + "}");
    }

    private static Bytes rest(String path) throws IOException {
        if (path.endsWith("/branches-where-head")) {
            return Bytes.utf8(
                    path.contains(HEAD)
                            ? "[{\"name\":\"main\",\"commit\":{\"sha\":\"" + HEAD + "\"},\"protected\":true}]"
                            : "[]");
        }
        if (path.matches("/repos/[^/]+/[^/]+")) {
            return Bytes.utf8(
                    "{\"full_name\":\"" + path.substring("/repos/".length()) + "\",\"default_branch\":\"main\"}");
        }
        if (path.startsWith("/users/")) {
            return GithubAnswers.account(path);
        }
        throw new IOException("not found");
    }

    /** A node's id says in its middle in which repository it lies. */
    private Bytes nodes(JsonNode ids) {
        ArrayNode nodes = JSON.createArrayNode();
        for (JsonNode id : ids) {
            boolean isHere = id.asText().matches("[A-Z]+_kwDOLx1a2[bc].*|R_kgDOLx1a2b")
                    && !id.asText().startsWith("EN_");
            if (isHere || github.path("node_ids").has(id.asText())) {
                nodes.addObject()
                        .put("nameWithOwner", id.asText().startsWith("D_") ? "vercel/next.js" : "acme-shop/api");
            } else {
                nodes.addNull();
            }
        }
        return Bytes.utf8("{\"data\":{\"nodes\":" + nodes + "}}");
    }

    private JsonNode railway(String text, JsonNode variables) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        String id = variables.path("id").asText();
        if (text.contains("InterlockProjects")) {
            answer.set("projects", page(List.of(JSON.createObjectNode().put("id", project()))));
        } else if (text.contains("InterlockProject(") && id.equals(project())) {
            answer.set("project", whole());
        } else if (text.contains("InterlockBackups")) {
            for (int i = 0; i < variables.size(); i++) {
                answer.putArray("b" + i);
                answer.putArray("s" + i);
            }
        } else if (text.contains("InterlockDeployment")
                && railway.path("deployments").has(id)) {
            answer.putObject("deployment")
                    .put("id", id)
                    .put("projectId", project())
                    .put(
                            "environmentId",
                            environment(railway.path("deployments").path(id).asText()));
        } else {
            throw new IOException("not found");
        }
        return answer;
    }

    private String project() {
        return railway.path("project").asText();
    }

    /** Returns the id of the environment whose name begins a description. */
    private String environment(String description) {
        return railway.path("environments").properties().stream()
                .filter(known ->
                        description.startsWith(known.getValue().asText().replaceAll("[, ].*", "")))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    private ObjectNode whole() {
        List<JsonNode> environments = new ArrayList<>();
        railway.path("environments")
                .properties()
                .forEach(known -> environments.add(JSON.createObjectNode()
                        .put("id", known.getKey())
                        .put("name", known.getValue().asText())
                        .put("canAccess", true)));
        List<JsonNode> services = new ArrayList<>();
        railway.path("services").properties().forEach(known -> {
            List<JsonNode> instances = new ArrayList<>();
            railway.path("environments")
                    .properties()
                    .forEach(environment -> instances.add(JSON.createObjectNode()
                            .put("id", known.getKey() + "-" + environment.getKey())
                            .put("environmentId", environment.getKey())
                            .putNull("deletedAt")));
            if (known.getValue().asText().equals("api")) {
                railway.path("service_instances")
                        .properties()
                        .forEach(instance -> instances.set(
                                0,
                                JSON.createObjectNode()
                                        .put("id", instance.getKey())
                                        .put(
                                                "environmentId",
                                                environment(instance.getValue().asText()))
                                        .putNull("deletedAt")));
            }
            services.add(named(known).set("serviceInstances", page(instances)));
        });
        List<JsonNode> volumes = new ArrayList<>();
        railway.path("volumes").properties().forEach(known -> {
            String place = environment(known.getValue().asText());
            List<JsonNode> mounts = new ArrayList<>();
            railway.path("volume_instances").properties().forEach(mount -> {
                if (environment(mount.getValue().asText()).equals(place)) {
                    mounts.add(JSON.createObjectNode()
                            .put("id", mount.getKey())
                            .put("environmentId", place)
                            .put("serviceId", "d05b8e6f-7a1c-4f3d-92b4-1a2b3c4d5e6f")
                            .putNull("deletedAt"));
                }
            });
            volumes.add(named(known).set("volumeInstances", page(mounts)));
        });
        ObjectNode whole = JSON.createObjectNode()
                .put("id", project())
                .put("name", "shop")
                .put("workspaceId", "88888888-8888-4888-8888-888888888888");
        whole.set("environments", page(environments));
        whole.set("services", page(services));
        whole.set("volumes", page(volumes));
        return whole;
    }

    private static ObjectNode named(Map.Entry<String, JsonNode> known) {
        return JSON.createObjectNode()
                .put("id", known.getKey())
                .put("name", known.getValue().asText());
    }

    private static ObjectNode page(List<JsonNode> nodes) {
        ObjectNode page = JSON.createObjectNode();
        ArrayNode edges = page.putArray("edges");
        nodes.forEach(node -> edges.addObject().set("node", node));
        page.putObject("pageInfo").put("hasNextPage", false).putNull("endCursor");
        return page;
    }
}
