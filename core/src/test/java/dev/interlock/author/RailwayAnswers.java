package dev.interlock.author;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ResolverQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A small project at Railway, as it answers the inventory. */
final class RailwayAnswers implements ResolverQuery {

    static final String PROJECT = "11111111-1111-4111-8111-111111111111";
    static final String STAGING = "22222222-2222-4222-8222-222222222222";
    static final String PRODUCTION = "33333333-3333-4333-8333-333333333333";
    static final String WEB = "44444444-4444-4444-8444-444444444444";
    static final String WORKER = "55555555-5555-4555-8555-555555555555";
    static final String CACHE = "66666666-6666-4666-8666-666666666666";
    static final String SHARED = "77777777-7777-4777-8777-777777777777";
    private static final String END = "\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public Bytes ask(Seal.Upstream upstream, Call query) throws IOException {
        JsonNode asked = JSON.readTree(query.body().toArray());
        String text = asked.path("query").asText();
        JsonNode variables = asked.path("variables");
        return Bytes.utf8("{\"data\":{" + answer(text, variables) + "}}");
    }

    private static String answer(String text, JsonNode variables) throws IOException {
        if (text.contains("InterlockProjects")) {
            return "\"projects\":" + page(node("\"id\":\"" + PROJECT + "\""));
        }
        if (text.contains("InterlockProject(") && variables.path("id").asText().equals(PROJECT)) {
            return "\"project\":" + project();
        }
        if (text.contains("InterlockBackups")) {
            List<String> lists = new ArrayList<>();
            for (int i = 0; i < variables.size(); i++) {
                lists.add("\"b" + i + "\":[],\"s" + i + "\":[]");
            }
            return String.join(",", lists);
        }
        if (text.contains("InterlockDeployment")) {
            return "\"deployment\":" + single(variables.path("id").asText());
        }
        if (text.contains("InterlockDomain")) {
            return "\"customDomain\":" + single(variables.path("id").asText());
        }
        throw new IOException("not found");
    }

    private static String single(String id) throws IOException {
        if (!id.matches(".*d\\d{3}")) {
            throw new IOException("not found");
        }
        return "{\"id\":\"" + id + "\",\"projectId\":\"" + PROJECT + "\",\"environmentId\":\"" + STAGING + "\"}";
    }

    private static String project() {
        return "{\"id\":\"" + PROJECT + "\",\"name\":\"shop\",\"workspaceId\":\"88888888-8888-4888-8888-888888888888\","
                + "\"environments\":" + page(environment(STAGING, "staging"), environment(PRODUCTION, "production"))
                + ",\"services\":" + page(service(WEB, "web", STAGING, PRODUCTION), service(WORKER, "worker", STAGING))
                + ",\"volumes\":"
                + page(volume(CACHE, "cache", WORKER, STAGING), volume(SHARED, "db", WEB, STAGING, PRODUCTION)) + "}";
    }

    private static String environment(String id, String name) {
        return node("\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"canAccess\":true");
    }

    private static String service(String id, String name, String... environments) {
        List<String> instances = new ArrayList<>();
        for (String environment : environments) {
            instances.add(node("\"id\":\"i-" + name + "-" + environment + "\",\"environmentId\":\"" + environment
                    + "\",\"deletedAt\":null"));
        }
        return node("\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"serviceInstances\":"
                + page(instances.toArray(String[]::new)));
    }

    private static String volume(String id, String name, String service, String... environments) {
        List<String> mounts = new ArrayList<>();
        for (String environment : environments) {
            mounts.add(node("\"id\":\"m-" + name + "-" + environment + "\",\"environmentId\":\"" + environment
                    + "\",\"serviceId\":\"" + service + "\",\"deletedAt\":null"));
        }
        return node("\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"volumeInstances\":"
                + page(mounts.toArray(String[]::new)));
    }

    private static String node(String members) {
        return "{\"node\":{" + members + "}}";
    }

    private static String page(String... nodes) {
        return "{\"edges\":[" + String.join(",", nodes) + "]," + END + "}";
    }
}
