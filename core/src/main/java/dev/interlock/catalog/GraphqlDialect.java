package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationSummary;
import dev.interlock.catalog.graphql.GraphqlReader;
import dev.interlock.catalog.graphql.GraphqlReading;
import dev.interlock.catalog.graphql.GraphqlRequest;
import dev.interlock.catalog.graphql.GraphqlRequest.OperationKind;
import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads calls to a provider that speaks GraphQL. */
final class GraphqlDialect extends Catalog {

    private final GraphqlCatalog knowledge;
    private final GraphqlEnvelope envelope;
    private final NodeDeletions deletions;

    GraphqlDialect(GraphqlCatalog knowledge) {
        this(knowledge, NodeDeletions.NONE);
    }

    GraphqlDialect(GraphqlCatalog knowledge, NodeDeletions deletions) {
        super(knowledge.head());
        this.knowledge = knowledge;
        this.deletions = deletions;
        this.envelope =
                new GraphqlEnvelope(knowledge.endpoints(), knowledge.head().forwarded());
    }

    GraphqlCatalog knowledge() {
        return knowledge;
    }

    @Override
    public List<String> protocols() {
        return List.of("GraphQL");
    }

    /** {@inheritDoc} A schema can always be asked about itself, so {@code account/self} is always included. */
    @Override
    public Map<String, String> touchedTypes() {
        Map<String, String> types = new LinkedHashMap<>();
        knowledge.resourceTypes().forEach(type -> types.put(type, ResourceName.ANY));
        types.putIfAbsent("account", "self");
        return Collections.unmodifiableMap(types);
    }

    @Override
    public boolean isGraphql(String path) {
        return knowledge.endpoints().contains(path);
    }

    @Override
    CallReading.CallMeaning meaning(HttpCall call, ProviderAnswers answers) {
        Classifier classifier = new Classifier(knowledge, answers);
        return switch (envelope.open(call)) {
            case GraphqlReading.GraphqlRejection refused ->
                throw new UnreadableException(refused.reason(), refused.next());
            case GraphqlReading.GraphqlRequests understood -> {
                List<Action> actions = classifier.actions(understood.requests());
                yield new CallReading.CallMeaning(
                                actions,
                                envelope.close(call, understood),
                                Optional.empty(),
                                undo(understood.requests(), call, classifier),
                                classifier.redaction(understood.requests(), actions),
                                SessionUse.NONE)
                        .deleting(deletions.in(
                                understood.requests().stream()
                                        .flatMap(request -> Classifier.meaningful(request.fields()).stream())
                                        .toList(),
                                actions));
            }
        };
    }

    private DeferredUndo undo(List<GraphqlRequest> requests, HttpCall call, Classifier classifier) {
        if (requests.size() != 1
                || requests.getFirst().kind() != OperationKind.MUTATION
                || requests.getFirst().fields().size() != 1) {
            return DeferredUndo.NONE;
        }
        List<SelectedField> fields = requests.getFirst().fields();
        SelectedField field = fields.getFirst();
        CatalogEntry entry = knowledge.mutations().get(field.name());
        return entry == null || entry.undo().isEmpty()
                ? DeferredUndo.NONE
                : DeferredUndo.of(
                        List.of(),
                        fields,
                        () -> entry.undo()
                                .flatMap(plan -> Undo.of(
                                        plan,
                                        field.arguments(),
                                        Set.of(),
                                        classifier.recoverableAction(field, entry, plan),
                                        new OwnRequests(knowledge, call.authority(), call.path()))));
    }

    private record OwnRequests(GraphqlCatalog knowledge, String authority, String path) implements Undo.RequestWriter {

        private static final String VALUE = "value";

        /** {@inheritDoc} Objects are sent as variables, because the names of their members may be any text. */
        @Override
        public Optional<HttpCall> write(String operation, Map<String, Value> arguments, Set<ArgumentPath> selected) {
            boolean isQuery = knowledge.queries().containsKey(operation);
            CatalogEntry entry =
                    Objects.requireNonNull((isQuery ? knowledge.queries() : knowledge.mutations()).get(operation));
            List<String> declared = new ArrayList<>();
            List<String> given = new ArrayList<>();
            Map<String, Value> variables = new LinkedHashMap<>();
            arguments.forEach((name, value) -> {
                Optional<String> type = Optional.ofNullable(
                                entry.shape().arguments().get(name))
                        .flatMap(ProviderSchema.InputField::type);
                if (type.isPresent()) {
                    declared.add("$" + name + ": " + type.get() + "!");
                    variables.put(name, value);
                }
                given.add(name + ": " + (type.isPresent() ? "$" + name : value.json()));
            });
            String document = (isQuery ? "query" : "mutation") + " Interlock"
                    + (declared.isEmpty() ? "" : "(" + String.join(", ", declared) + ")") + " { "
                    + VALUE + ": " + operation
                    + (given.isEmpty() ? "" : "(" + String.join(", ", given) + ")")
                    + (entry.shape().type().isPresent() ? selection(selected) : "") + " }";
            Map<String, Value> body = new LinkedHashMap<>();
            body.put("query", new Value.Text(document));
            body.put("variables", new Value.Members(variables));
            return Optional.of(new HttpCall(
                    "POST",
                    authority,
                    path,
                    List.of(),
                    List.of(new Header("content-type", "application/json"), new Header("accept", "application/json")),
                    Bytes.utf8(new Value.Members(body).json())));
        }

        private static String selection(Set<ArgumentPath> selected) {
            Map<String, Set<ArgumentPath>> fields = new TreeMap<>();
            for (ArgumentPath path : selected) {
                Set<ArgumentPath> below = fields.computeIfAbsent(path.steps().getFirst(), _ -> new LinkedHashSet<>());
                if (path.steps().size() > 1) {
                    below.add(new ArgumentPath(
                            path.steps().subList(1, path.steps().size())));
                }
            }
            return fields.isEmpty()
                    ? " { __typename }"
                    : fields.entrySet().stream()
                            .map(field ->
                                    field.getKey() + (field.getValue().isEmpty() ? "" : selection(field.getValue())))
                            .collect(Collectors.joining(" ", " { ", " }"));
        }

        @Override
        public Optional<Value> result(UndoPlan plan, Bytes answer) {
            return Value.find(answer).orElse(null) instanceof Value.Members(var members)
                            && !members.containsKey("errors")
                            && members.get("data") instanceof Value.Members(var data)
                    ? Optional.ofNullable(data.get(VALUE))
                    : Optional.empty();
        }
    }

    /** {@inheritDoc} Queries come first, in the file's order. */
    @Override
    public List<OperationSummary> operations() {
        List<OperationSummary> operations = new ArrayList<>();
        knowledge.queries().forEach((name, entry) -> operations.add(operation(name, entry)));
        knowledge.mutations().forEach((name, entry) -> operations.add(operation(name, entry)));
        return operations;
    }

    @Override
    Stream<HttpCall> destructiveProbes(String name) {
        return knowledge.mutations().entrySet().stream()
                .filter(mutation -> mutation.getValue().impacts().contains(Impact.DESTROY))
                .filter(mutation -> !mutation.getValue().resources().isEmpty())
                .flatMap(mutation -> documents("mutation", mutation, name))
                .flatMap(this::call);
    }

    @Override
    Stream<HttpCall> asking(String name) {
        return Stream.concat(
                        knowledge.queries().entrySet().stream().flatMap(query -> documents("query", query, name)),
                        knowledge.mutations().entrySet().stream()
                                .flatMap(mutation -> documents("mutation", mutation, name)))
                .flatMap(this::call);
    }

    /**
     * Returns a document with no selection if the operation allows that. Otherwise returns one document for each field
     * that any type may have.
     */
    private Stream<String> documents(String kind, Map.Entry<String, CatalogEntry> operation, String name) {
        String field = operation.getValue().resources().keySet().stream()
                .findFirst()
                .map(argument -> operation.getKey() + "(" + argument + ": \"" + name + "\")")
                .orElse(operation.getKey());
        return operation.getValue().shape().type().isEmpty()
                ? Stream.of(kind + " { " + field + " }")
                : knowledge.labels().stream().sorted().map(label -> kind + " { " + field + " { " + label + " } }");
    }

    private Stream<HttpCall> call(String document) {
        return knowledge.endpoints().stream()
                .sorted()
                .limit(1)
                .map(endpoint -> new HttpCall(
                        "POST",
                        "",
                        endpoint,
                        List.of(),
                        List.of(new Header("content-type", "application/json")),
                        Bytes.of(Json.object().with("query", document).canonical())));
    }

    private OperationSummary operation(String name, CatalogEntry entry) {
        Set<Impact> possible = EnumSet.copyOf(entry.possible());
        if (entry.shape().type().isPresent()) {
            possible.add(Impact.CREDENTIAL); // a selection may reach a field that carries secrets
        }
        // The types say where secrets stand.
        Set<String> names = ActionFacts.names(entry);
        if (entry.shape().type().isPresent()) {
            knowledge.aliases().values().forEach(alias -> names.add(Fact.ARGUMENT + alias));
        }
        return entry.summary(
                new Operation(knowledge.name(), name), possible, false, names, entry.hidden(names, knowledge.shapes()));
    }

    /** GraphQL over HTTP. Opens calls that carry a GraphQL request, and builds the call to send from their meaning. */
    static final class GraphqlEnvelope {

        private static final String UTF_8 = "(\\s*;\\s*charset=(utf-8|\"utf-8\"))?";
        private static final Pattern DOCUMENT = Pattern.compile("(?i)application/graphql" + UTF_8);
        private static final Pattern JSON = Pattern.compile("(?i)application/json" + UTF_8);
        private final Set<String> endpoints;
        private final Set<String> forwarded;
        private final GraphqlReader reader = new GraphqlReader();

        GraphqlEnvelope(Set<String> endpoints, Set<String> forwarded) {
            this.endpoints = endpoints;
            this.forwarded = forwarded;
        }

        GraphqlReading open(HttpCall call) {
            if (!endpoints.contains(call.path())) {
                throw new UnreadableException(
                        CatalogRefusals.NO_ENDPOINT,
                        String.join(" or ", endpoints.stream().sorted().toList()));
            }
            if (!call.isWhole()) {
                throw new UnreadableException(CatalogRefusals.BATCH_TOO_LONG);
            }
            refuseHeader(call, "content-encoding", "Compressed bodies are not supported.");
            refuseHeader(call, "upgrade", "Upgrades to another protocol are not supported.");
            return switch (call.method()) {
                case "POST" -> post(call);
                case "GET" -> get(call);
                default -> throw new UnreadableException(CatalogRefusals.GRAPHQL_METHOD);
            };
        }

        private static void refuseHeader(HttpCall call, String name, String reason) {
            if (call.headers().stream().anyMatch(header -> header.name().equals(name))) {
                throw new UnreadableException(reason, "Send plain application/json.");
            }
        }

        private GraphqlReading post(HttpCall call) {
            String type = Catalog.contentType(call);
            if (DOCUMENT.matcher(type).matches()) {
                return reader.document(call.body().toArray(), parameters(call));
            }
            if (!JSON.matcher(type).matches()) {
                throw new UnreadableException(CatalogRefusals.MEDIA_TYPE);
            }
            if (!call.query().isEmpty()) {
                throw new UnreadableException(CatalogRefusals.QUERY_AND_BODY);
            }
            return reader.post(call.body().toArray());
        }

        private GraphqlReading get(HttpCall call) {
            if (call.body().length() > 0) {
                throw new UnreadableException(CatalogRefusals.GET_WITH_BODY);
            }
            return reader.get(parameters(call));
        }

        private static List<Map.Entry<String, String>> parameters(HttpCall call) {
            return call.query().stream()
                    .map(parameter -> Map.entry(parameter.name(), parameter.value()))
                    .toList();
        }

        HttpCall close(HttpCall call, GraphqlReading.GraphqlRequests understood) {
            List<Header> headers = new ArrayList<>();
            call.headers().stream()
                    .filter(header -> forwarded.contains(header.name()))
                    .forEach(headers::add);
            if (call.method().equals("GET")) {
                return call.rewritten(parameters(understood.requests().getFirst()), headers, Bytes.empty());
            }
            // Every provider takes JSON, for every form of the original (GraphQL over HTTP §4.2).
            headers.add(new Header("content-type", "application/json"));
            return call.rewritten(List.of(), headers, Bytes.utf8(understood.body()));
        }

        private static List<Parameter> parameters(GraphqlRequest request) {
            List<Parameter> parameters = new ArrayList<>();
            request.members().members().forEach((name, value) -> parameters.add(new Parameter(name, parameter(value))));
            return parameters;
        }

        private static String parameter(Value value) {
            return Optional.of(value).flatMap(Value::scalar).orElseGet(value::json);
        }
    }
}
