package dev.interlock.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import graphql.ExecutionInput;
import graphql.GraphQL;
import graphql.schema.DataFetcher;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

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
            inputs: {Open: title flag deep:Open}
            types: {Thing: id name other:Thing}
            secrets: {}
            queries:
              thing: {takes: id, gives: Thing, facts: [id], resources: {id: thing}}
              drop: {takes: id, facts: [id], resources: {id: thing}}
            mutations:
              rename:
                takes: id note input:Open
                gives: Thing
                impacts: [write]
                reversibility: reversible
                facts: [id, note, input.title]
                resources: {id: thing}
              drop: {takes: id, impacts: [destroy], reversibility: irreversible, facts: [id], resources: {id: thing}, effect: Drops it.}
              wipe: {takes: id sure, impacts: [destroy], reversibility: irreversible, facts: [id, sure], resources: {id: thing}, effect: Wipes it.}
            """));

    static final String SCHEMA = """
            input Open { title: String flag: Boolean deep: Open }
            type Thing { id: ID name: String other: Thing }
            type Query { thing(id: ID): Thing drop(id: ID): Boolean }
            type Mutation {
              rename(id: ID, note: String, input: Open): Thing
              drop(id: ID): Boolean
              wipe(id: ID, sure: Boolean): Boolean
            }
            """;

    private static final ObjectMapper JSON = new ObjectMapper();
    private final List<String> executed = new ArrayList<>();
    private final GraphQL graphql;
    private boolean faults;

    GraphqlExecutor() {
        RuntimeWiring.Builder wiring = RuntimeWiring.newRuntimeWiring();
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
            JsonNode body = JSON.readTree(call.body().toArray());
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
}
