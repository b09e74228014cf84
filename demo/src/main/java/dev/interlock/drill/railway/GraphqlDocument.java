package dev.interlock.drill.railway;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One GraphQL request, read as leniently as servers do. It may be a JSON body (one or a batch), plain GraphQL, form
 * fields, or the query string. Mutations are accepted in all of them.
 */
record GraphqlDocument(String query, Map<String, Object> variables, Optional<String> operationName) {

    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    /** The documents of a request. {@code array} tells whether its answer is an array. */
    record Batch(List<GraphqlDocument> documents, boolean array) {}

    static Batch fromParameters(ObjectMapper json, Map<String, String> parameters) throws IOException {
        String variables = parameters.getOrDefault("variables", "");
        return one(new GraphqlDocument(
                parameters.getOrDefault("query", ""),
                variables.isBlank() ? Map.of() : json.readValue(variables, OBJECT),
                Optional.ofNullable(parameters.get("operationName"))));
    }

    static Batch fromBody(ObjectMapper json, String contentType, byte[] body) throws IOException {
        if (contentType.startsWith("application/graphql") && !contentType.startsWith("application/graphql-response")) {
            return one(new GraphqlDocument(new String(body, StandardCharsets.UTF_8), Map.of(), Optional.empty()));
        }
        if (contentType.startsWith("application/x-www-form-urlencoded")) {
            return fromParameters(json, FormFields.read(new String(body, StandardCharsets.UTF_8)));
        }
        JsonNode root = json.readTree(body);
        if (!root.isArray()) {
            return one(fromJson(json, root));
        }
        List<GraphqlDocument> documents = new ArrayList<>();
        root.forEach(item -> documents.add(fromJson(json, item)));
        return new Batch(documents, true);
    }

    private static GraphqlDocument fromJson(ObjectMapper json, JsonNode node) {
        JsonNode variables = node.path("variables");
        return new GraphqlDocument(
                node.path("query").asText(""),
                variables.isObject() ? json.convertValue(variables, OBJECT) : Map.of(),
                Optional.ofNullable(node.path("operationName").textValue()));
    }

    private static Batch one(GraphqlDocument document) {
        return new Batch(List.of(document), false);
    }
}
