package dev.interlock.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import graphql.ExecutionInput;
import graphql.GraphQL;
import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.Value;
import graphql.schema.Coercing;
import graphql.schema.CoercingParseLiteralException;
import graphql.schema.DataFetcher;
import graphql.schema.GraphQLScalarType;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An upstream that executes the forwarded requests, and counts them. It has a schema behind graphql-java's own
 * executor, and a reader of bodies that shares no code with ours.
 */
final class GraphqlExecutor {

    static final Catalog CATALOG = Catalogs.read("acme.yaml", Bytes.utf8("""
            format: interlock-catalog@v1
            provider: acme
            protocol: graphql
            endpoints: [/graphql]
            carriers: {headers: [authorization]}
            forwarded-headers: [accept]
            labels: [id]
            inputs: {Open: title flag deep:Open file:@file}
            types: {Thing: id name other:Thing}
            secrets: {}
            queries:
              thing: {takes: id, gives: Thing, facts: [id], resources: {id: thing}}
              drop: {takes: id, facts: [id], resources: {id: thing}}
            mutations:
              rename:
                takes: id note input:Open file:@file files:@file
                gives: Thing
                impacts: [write]
                reversibility: reversible
                facts: [id, note, input.title]
                resources: {id: thing}
              drop: {takes: id, impacts: [destroy], reversibility: irreversible, facts: [id], resources: {id: thing}, effect: Drops it.}
              wipe: {takes: id sure, impacts: [destroy], reversibility: irreversible, facts: [id, sure], resources: {id: thing}, effect: Wipes it.}
            """));

    static final String SCHEMA = """
            scalar Upload
            input Open { title: String flag: Boolean deep: Open file: Upload }
            type Thing { id: ID name: String other: Thing }
            type Query { thing(id: ID): Thing drop(id: ID): Boolean }
            type Mutation {
              rename(id: ID, note: String, input: Open, file: Upload, files: [Upload]): Thing
              drop(id: ID): Boolean
              wipe(id: ID, sure: Boolean): Boolean
            }
            """;

    private static final ObjectMapper JSON = new ObjectMapper();
    private final List<String> executed = new ArrayList<>();
    private final GraphQL graphql;
    private boolean faults;

    GraphqlExecutor() {
        RuntimeWiring.Builder wiring = RuntimeWiring.newRuntimeWiring()
                .scalar(GraphQLScalarType.newScalar()
                        .name("Upload")
                        .coercing(new File())
                        .build());
        for (String root : List.of("Query.thing", "Query.drop", "Mutation.rename", "Mutation.drop", "Mutation.wipe")) {
            String[] words = root.split("\\.");
            DataFetcher<Object> counting = in -> {
                executed.add(line(words[1], in.getArguments().getOrDefault("id", null)));
                return words[1].equals("thing") || words[1].equals("rename") ? Map.of("id", "x") : true;
            };
            wiring.type(words[0], type -> type.dataFetcher(words[1], counting));
        }
        graphql = GraphQL.newGraphQL(
                        new SchemaGenerator().makeExecutableSchema(new SchemaParser().parse(SCHEMA), wiring.build()))
                .build();
    }

    private static String line(String name, Object id) {
        // A fact shows null as a word.
        return name
                + (id instanceof String text && !text.equals("null") && text.matches("[A-Za-z][A-Za-z0-9-]{0,40}")
                        ? " " + text
                        : "");
    }

    /**
     * Throws unless the request of {@code understood} executes exactly what it says. A request that the executor
     * refuses passes.
     */
    static boolean check(CallReading.CallMeaning understood) {
        GraphqlExecutor upstream = new GraphqlExecutor();
        upstream.run(HttpCall.of(understood.outgoing()));
        TreeSet<String> decided = new TreeSet<>();
        understood.actions().stream()
                .filter(action -> !action.operation().name().startsWith("__"))
                .forEach(action -> decided.add(line(action.operation().name(), id(action))));
        TreeSet<String> done = new TreeSet<>(upstream.executed);
        if (!decided.containsAll(done) || !upstream.faults && !done.containsAll(decided)) {
            throw new IllegalStateException("decided on " + decided + ", and executed " + done);
        }
        return !upstream.faults;
    }

    private static Object id(Action action) {
        return action.facts().stream()
                .filter(fact -> fact.name().equals("argument.id"))
                .map(Fact::value)
                .findFirst()
                .orElse("");
    }

    private void run(HttpCall call) {
        try {
            if (call.method().equals("GET")) {
                ObjectNode request = JSON.createObjectNode();
                call.query().forEach(p -> request.put(p.name(), p.value()));
                if (request.has("variables")) {
                    request.set(
                            "variables", JSON.readTree(request.path("variables").asText()));
                }
                execute(request);
                return;
            }
            String type = call.headers().stream()
                    .filter(header -> header.name().equals("content-type"))
                    .map(Header::value)
                    .reduce("", String::concat);
            JsonNode body = type.startsWith("multipart/")
                    ? operations(type, new String(call.body().toArray(), StandardCharsets.ISO_8859_1))
                    : JSON.readTree(call.body().toArray());
            for (JsonNode request : body.isArray() ? body : List.of(body)) {
                execute(request);
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what is sent is no JSON", e);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void execute(JsonNode request) {
        ExecutionInput.Builder input =
                ExecutionInput.newExecutionInput(request.path("query").asText());
        if (request.path("operationName").isTextual()) {
            input.operationName(request.path("operationName").asText());
        }
        if (request.path("variables").isObject()) {
            input.variables(JSON.convertValue(request.path("variables"), new TypeReference<Map<String, Object>>() {}));
        }
        faults |= !graphql.execute(input).getErrors().isEmpty();
    }

    private static JsonNode operations(String type, String body) throws JsonProcessingException {
        String boundary = "--" + type.substring(type.indexOf("boundary=") + "boundary=".length());
        JsonNode operations = JSON.createObjectNode();
        JsonNode map = JSON.createObjectNode();
        Pattern name = Pattern.compile("name=\"([^\"]*)\"");
        for (String part : body.split(Pattern.quote(boundary), -1)) {
            int end = part.indexOf("\r\n\r\n");
            Matcher named = name.matcher(end < 0 ? "" : part.substring(0, end));
            if (!named.find()) {
                continue;
            }
            String content = part.substring(end + 4, part.length() - 2);
            byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
            String text = new String(bytes, StandardCharsets.UTF_8);
            switch (named.group(1)) {
                case "operations" -> operations = JSON.readTree(text);
                case "map" -> map = JSON.readTree(text);
                default -> put(operations, map.path(named.group(1)));
            }
        }
        return operations;
    }

    private static void put(JsonNode operations, JsonNode paths) {
        for (JsonNode path : paths) {
            JsonNode at = operations;
            String[] steps = path.asText().split("\\.");
            for (int i = 0; i < steps.length - 1; i++) {
                at = at.isArray() ? at.get(Integer.parseInt(steps[i])) : at.get(steps[i]);
            }
            String last = steps[steps.length - 1];
            if (at instanceof ArrayNode array) {
                array.set(Integer.parseInt(last), JSON.getNodeFactory().textNode("a file"));
            } else {
                ((ObjectNode) at).put(last, "a file");
            }
        }
    }

    private static final class File implements Coercing<Object, Object> {

        @Override
        public Object parseValue(Object value, GraphQLContext context, Locale locale) {
            return value;
        }

        @Override
        public Object parseLiteral(
                Value<?> literal, CoercedVariables variables, GraphQLContext context, Locale locale) {
            throw new CoercingParseLiteralException("a file is no literal");
        }
    }
}
