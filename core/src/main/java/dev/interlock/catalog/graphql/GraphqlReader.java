package dev.interlock.catalog.graphql;

import dev.interlock.catalog.graphql.GraphqlRequest.OperationKind;
import graphql.language.Document;
import graphql.language.OperationDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a GraphQL request over HTTP strictly. A request with more than one reading is refused. A request with one is
 * printed anew, and its meaning is taken from the printed text.
 *
 * <p>No limit or refusal here is about policy: a reading says what a request asks for, not whether it may.
 */
public final class GraphqlReader {

    /**
     * Maximum requests in a batch. Clients batch a page's queries. Each counts by itself, so a larger batch gains an
     * agent nothing.
     */
    static final int MAX_BATCH = 10;

    private static final Set<String> MEMBERS = Set.of("query", "operationName", "variables", "extensions");

    /** Reads the JSON body of a POST. */
    public GraphqlReading post(byte[] body) {
        return reading(() -> requests(JsonReader.read(TextDecoding.utf8(body))));
    }

    /**
     * Reads a POST of {@code application/graphql}: the body is the document, and the rest of the request is in
     * parameters.
     */
    public GraphqlReading document(byte[] body, List<Map.Entry<String, String>> parameters) {
        return reading(() -> {
            Map<String, Value> members = new LinkedHashMap<>(members(parameters).members());
            if (members.put("query", new Value.Text(TextDecoding.utf8(body))) != null) {
                throw new UnreadableGraphqlException(GraphqlRefusals.TWO_DOCUMENTS);
            }
            return new GraphqlReading.GraphqlRequests(List.of(request(new Value.Members(members))), false);
        });
    }

    /**
     * Reads a POST with files.
     *
     * @param contentType the header field, whole
     */
    public GraphqlReading multipart(String contentType, byte[] body) {
        return reading(() -> {
            Value operations = Uploads.read(MultipartBody.read(contentType, body));
            GraphqlReading.GraphqlRequests understood = requests(operations);
            Uploads.requireUsed(operations, understood.requests());
            return understood;
        });
    }

    private static GraphqlReading.GraphqlRequests requests(Value body) {
        return switch (body) {
            case Value.Members one -> new GraphqlReading.GraphqlRequests(List.of(request(one)), false);
            case Value.Items many -> batch(many.items());
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.File _ ->
                throw noObject();
        };
    }

    /** Reads the decoded parameters of a GET, in order. Mutations by GET are refused. */
    public GraphqlReading get(List<Map.Entry<String, String>> parameters) {
        return reading(() -> {
            GraphqlRequest request = request(members(parameters));
            if (request.kind() != OperationKind.QUERY) {
                throw new UnreadableGraphqlException(GraphqlRefusals.MUTATION_BY_GET);
            }
            return new GraphqlReading.GraphqlRequests(List.of(request), false);
        });
    }

    private static GraphqlReading reading(Supplier<GraphqlReading> reader) {
        try {
            return reader.get();
        } catch (UnreadableGraphqlException e) {
            return e.refused();
        } catch (StackOverflowError _) {
            // The depth limits should apply first. If one is missing, deep nesting is still refused and does not fail
            // the gateway.
            return new UnreadableGraphqlException(GraphqlRefusals.REQUEST_TOO_DEEP).refused();
        }
    }

    private static Value.Members members(List<Map.Entry<String, String>> parameters) {
        Map<String, Value> members = new LinkedHashMap<>();
        for (Map.Entry<String, String> parameter : parameters) {
            String name = parameter.getKey();
            Value value = name.equals("variables")
                    ? JsonReader.read(TextDecoding.withoutMark(parameter.getValue()))
                    : new Value.Text(parameter.getValue());
            if (members.put(name, value) != null) {
                throw LiteralReader.twice("parameter", name);
            }
        }
        return new Value.Members(members);
    }

    private static UnreadableGraphqlException noObject() {
        return new UnreadableGraphqlException(GraphqlRefusals.NO_OBJECT);
    }

    private static GraphqlReading.GraphqlRequests batch(List<Value> items) {
        if (items.isEmpty() || items.size() > MAX_BATCH) {
            throw new UnreadableGraphqlException(GraphqlRefusals.BATCH, MAX_BATCH);
        }
        List<GraphqlRequest> requests = new ArrayList<>();
        for (Value item : items) {
            if (!(item instanceof Value.Members members)) {
                throw noObject();
            }
            requests.add(request(members));
        }
        return new GraphqlReading.GraphqlRequests(requests, true);
    }

    private static GraphqlRequest request(Value.Members request) {
        requireKnown(request.members());
        String query = text(request, "query").orElseThrow(GraphqlReader::noQuery);
        Definitions definitions = Definitions.of(Documents.parse(TextDecoding.withoutMark(query)));
        OperationDefinition chosen = definitions.chosen(text(request, "operationName"));
        VariableValues variables = VariableValues.of(chosen, variables(request));
        String printed = Documents.print(new Simplifier(definitions, variables).simplify(chosen));
        return understood(printed, variables);
    }

    /** Reads only the printed text. So a fault in the printer cannot separate the meaning from the text. */
    private static GraphqlRequest understood(String printed, VariableValues variables) {
        TextDecoding.requireScalars(printed);
        Document document = Documents.parse(printed);
        Definitions definitions = Definitions.of(document);
        OperationDefinition operation = definitions.chosen(Optional.empty());
        Map<String, Value> used = new LinkedHashMap<>();
        operation.getVariableDefinitions().forEach(definition -> {
            Value value = variables.values().get(definition.getName());
            if (value != null) {
                used.put(definition.getName(), value);
            }
        });
        return new GraphqlRequest(
                kind(operation),
                new FieldCollector(definitions, used).root(operation.getSelectionSet()),
                printed,
                Optional.ofNullable(operation.getName()),
                new Value.Members(used));
    }

    private static OperationKind kind(OperationDefinition operation) {
        return switch (operation.getOperation()) {
            case QUERY -> OperationKind.QUERY;
            case MUTATION -> OperationKind.MUTATION;
            case SUBSCRIPTION ->
                throw new UnreadableGraphqlException(GraphqlRefusals.SUBSCRIPTION);
        };
    }

    private static void requireKnown(Map<String, Value> members) {
        for (String name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new UnreadableGraphqlException(GraphqlRefusals.MEMBER, TextDecoding.shown(name));
            }
        }
        Value extensions = members.get("extensions");
        if (isPersisted(extensions)) {
            throw new UnreadableGraphqlException(GraphqlRefusals.PERSISTED);
        }
        if (extensions != null && !(extensions instanceof Value.NullLiteral)) {
            throw new UnreadableGraphqlException(GraphqlRefusals.EXTENSIONS);
        }
    }

    private static boolean isPersisted(@Nullable Value extensions) {
        return extensions instanceof Value.Members members && members.members().containsKey("persistedQuery");
    }

    private static UnreadableGraphqlException noQuery() {
        return new UnreadableGraphqlException(GraphqlRefusals.NO_QUERY);
    }

    private static Optional<String> text(Value.Members request, String name) {
        return switch (request.members().get(name)) {
            case null -> Optional.empty();
            case Value.NullLiteral _ -> Optional.empty();
            case Value.Text text -> Optional.of(text.value());
            case Value.Flag _, Value.Numeric _, Value.Word _, Value.Items _, Value.Members _, Value.File _ ->
                throw new UnreadableGraphqlException(GraphqlRefusals.NO_STRING, name);
        };
    }

    private static Map<String, Value> variables(Value.Members request) {
        return switch (request.members().get("variables")) {
            case null -> Map.of();
            case Value.NullLiteral _ -> Map.of();
            case Value.Members members -> members.members();
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.Items _, Value.File _ ->
                throw new UnreadableGraphqlException(GraphqlRefusals.VARIABLES);
        };
    }
}
