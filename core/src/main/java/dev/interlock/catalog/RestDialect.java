package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Inquiry;
import dev.interlock.action.McpError;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Resource;
import dev.interlock.catalog.RestReader.RestRequest;
import dev.interlock.catalog.StateQuestion.StateComparison;
import dev.interlock.catalog.StateQuestion.StateCondition;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads calls to a provider that speaks REST, and perhaps GraphQL and MCP at paths of their own. */
final class RestDialect extends Catalog {

    /** The parameter of the path that names a ref. */
    private static final String REF = "ref";

    private final RestCatalog knowledge;
    private final RestReader reader;
    private final Optional<GraphqlDialect> graphql;
    private final Optional<McpDialect> mcp;
    private final Optional<PushOperations> pushes;

    RestDialect(
            RestCatalog knowledge,
            Optional<GraphqlCatalog> graphql,
            Optional<McpCatalog> mcp,
            Optional<PushOperations> pushes,
            Supplier<OperationTwins> twins) {
        super(knowledge.head());
        this.pushes = pushes;
        this.knowledge = knowledge;
        this.reader = new RestReader(knowledge);
        Set<String> names = new HashSet<>(knowledge.operations().keySet());
        graphql.ifPresent(other -> {
            requireApart("GraphQL", other.endpoints(), reader::knows);
            Set<String> own = new HashSet<>(other.queries().keySet());
            own.addAll(other.mutations().keySet());
            requireNew("GraphQL", own, names);
        });
        mcp.ifPresent(other -> {
            requireApart(
                    "MCP",
                    other.endpoints(),
                    path -> reader.knows(path)
                            || graphql.filter(part -> part.endpoints().contains(path))
                                    .isPresent());
            requireNew("MCP", other.operations().keySet(), names);
        });
        OperationTwins known = twins.get(); // a mistake in them is no worse than the others
        this.mcp = mcp.map(part -> new McpDialect(part, ofParts(part, known)));
        this.graphql = graphql.map(part -> new GraphqlDialect(
                part,
                pushes.map(push -> new NodeDeletions(
                                known.of(push.delete().asSent().name()),
                                known.of(push.update().asSent().name()),
                                this::deletion))
                        .orElse(NodeDeletions.NONE)));
    }

    /** Returns the operations of {@code part} whose twins destroy only a part of a resource, with what that is. */
    private Map<String, List<ThingName.Thing>> ofParts(McpCatalog part, OperationTwins twins) {
        Map<String, List<ThingName.Thing>> found = new HashMap<>();
        part.operations()
                .forEach((name, entry) -> Optional.ofNullable(twins.twins().get(name))
                        .map(knowledge.operations()::get)
                        .filter(twin -> RestClassifier.isOfAPart(knowledge, twin))
                        .ifPresent(twin -> found.put(
                                name,
                                RestClassifier.things(knowledge, twin).stream()
                                        .filter(thing -> thing.named()
                                                .filter(path -> entry.shape()
                                                        .arguments()
                                                        .containsKey(
                                                                path.steps().getFirst()))
                                                .isPresent())
                                        .toList())));
        return found;
    }

    private static void requireApart(String protocol, Set<String> endpoints, Predicate<String> isKnown) {
        endpoints.stream().filter(isKnown).findFirst().ifPresent(path -> {
            throw new IllegalArgumentException("`" + path + "` is a path of " + protocol + " and of something else");
        });
    }

    private static void requireNew(String protocol, Set<String> added, Set<String> names) {
        added.stream().filter(name -> !names.add(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException(
                    "`" + name + "` is an operation of " + protocol + " and of something else");
        });
    }

    Optional<McpDialect> mcp() {
        return mcp;
    }

    Optional<PushOperations> pushes() {
        return pushes;
    }

    Optional<GraphqlDialect> graphql() {
        return graphql;
    }

    @Override
    public List<String> protocols() {
        List<String> all = new ArrayList<>(List.of("REST"));
        parts().forEach(part -> all.addAll(part.protocols()));
        pushes.ifPresent(_ -> all.add("git"));
        return all;
    }

    @Override
    public Map<String, String> touchedTypes() {
        Map<String, String> types = new LinkedHashMap<>();
        knowledge.resources().forEach(name -> types.putIfAbsent(name.type(), name.example()));
        Set<String> others = new TreeSet<>();
        knowledge.otherNames().values().forEach(other -> others.add(other.type()));
        Collection<RestOperation> operations = knowledge.operations().values();
        operations.forEach(entry -> others.addAll(entry.entry().types()));
        others.forEach(type -> types.putIfAbsent(type, ResourceName.ANY));
        // Resources that are named outside the path can be left out.
        if (operations.stream()
                .map(entry -> entry.line().template().names())
                .anyMatch(parameters ->
                        knowledge.resources().stream().noneMatch(name -> parameters.containsAll(name.parts())))) {
            types.putIfAbsent("account", "self");
        }
        parts().forEach(part -> part.touchedTypes().forEach(types::putIfAbsent));
        return Collections.unmodifiableMap(types);
    }

    private Stream<Catalog> parts() {
        return Stream.concat(graphql.stream(), mcp.stream());
    }

    @Override
    public boolean isStorage(URI location) {
        return knowledge.storage().stream().anyMatch(host -> host.holds(location));
    }

    @Override
    public Set<String> hiddenMembers() {
        return knowledge.head().hides();
    }

    @Override
    public boolean isPage(String path, String linked) {
        return knowledge.pages().stream().anyMatch(prefix -> prefix.isOf(linked, path));
    }

    @Override
    public boolean knows(String path) {
        return reader.knows(path)
                || isGraphql(path)
                || isPush("POST", path)
                || mcp.filter(other -> other.answers(path)).isPresent();
    }

    @Override
    public boolean isGraphql(String path) {
        return graphql.filter(other -> other.isGraphql(path)).isPresent();
    }

    @Override
    public boolean takesLongBody(String method, String path) {
        return reader.takesLongBody(method, path);
    }

    @Override
    public boolean isReceived(Call call) {
        return call instanceof HttpCall http && !isPush(http.method(), http.path()) && reader.isReceived(http);
    }

    @Override
    public Optional<McpTools> tools() {
        return mcp.flatMap(McpDialect::tools);
    }

    /** {@inheritDoc} What a push brings is searched apart from it. */
    @Override
    public boolean takesNoCredential(Call call) {
        return knowledge.anyHost()
                || (call instanceof HttpCall http
                        && (pushes.isPresent()
                                ? !isPush(http.method(), http.path())
                                : mcp.filter(other -> other.answers(http.path()))
                                        .isPresent()));
    }

    @Override
    public Optional<McpEnvelope> mcp(HttpCall call) {
        return mcp.flatMap(other -> other.mcp(call));
    }

    @Override
    public Optional<McpError> mcpError(HttpCall call) {
        return mcp.flatMap(other -> other.mcpError(call));
    }

    @Override
    CallReading.CallMeaning meaning(HttpCall call, ProviderAnswers answers) {
        if (mcp.isPresent() && mcp.get().answers(call.path())) {
            return mcp.get().meaning(call, answers);
        }
        if (isGraphql(call.path())) {
            return graphql.orElseThrow().meaning(call, answers);
        }
        RestClassifier classifier = new RestClassifier(knowledge, answers);
        RestRequest request = reader.read(call);
        HttpCall outgoing = request.outgoing(call);
        return new CallReading.CallMeaning(
                        List.of(classifier.judge(request)),
                        outgoing,
                        standing(request, outgoing, classifier),
                        request.entry().entry().undo().isPresent()
                                ? DeferredUndo.of(
                                        request.arguments().values(),
                                        List.of(),
                                        () -> undo(request, outgoing, classifier))
                                : DeferredUndo.NONE,
                        request.entry()
                                .secrets()
                                .filter(redaction -> !redaction.paths().isEmpty()),
                        SessionUse.NONE)
                .deleting(deletion(request, outgoing, classifier).stream().toList());
    }

    /** Returns the push that does the same, if the request is the catalog's operation that deletes a ref. */
    private Optional<CallReading.NamedDeletion> deletion(
            RestRequest request, HttpCall call, RestClassifier classifier) {
        return pushes.filter(known ->
                        known.delete().asSent().name().equals(request.entry().name()))
                .flatMap(known -> Optional.ofNullable(request.parameters().get(REF))
                        .map(ref -> new CallReading.NamedDeletion(
                                new PushRules(known, classifier, request, call), PushedRef.REFS + ref)));
    }

    /** Returns what the request of REST does that deletes {@code ref} in {@code repository}, if there is one. */
    private Optional<CallReading.NamedDeletion> deletion(Resource repository, String ref) {
        return knowledge.resources().stream()
                .filter(name -> name.type().equals(repository.type()) && ref.startsWith(PushedRef.REFS))
                .flatMap(name -> name.parameters(repository.id()).stream())
                .flatMap(named -> deletion(named, ref.substring(PushedRef.REFS.length())).stream())
                .findFirst();
    }

    private Optional<CallReading.NamedDeletion> deletion(Map<String, String> repository, String ref) {
        Map<String, String> parameters = new HashMap<>(repository);
        parameters.put(REF, ref);
        RestOperation deletion = Objects.requireNonNull(knowledge
                .operations()
                .get(pushes.orElseThrow().delete().asSent().name()));
        HttpCall call = ownCall("", deletion, parameters, Map.of(), Optional.empty());
        try {
            RestRequest request = reader.read(call);
            return request.parameters().equals(parameters)
                    ? deletion(request, call, new RestClassifier(knowledge, ProviderAnswers.none()))
                    : Optional.empty();
        } catch (UnreadableException _) { // a name that REST cannot write
            return Optional.empty();
        }
    }

    @Override
    public boolean isPush(String method, String path) {
        return pushes.filter(push -> reader.isAsked(push.push(), method, path)).isPresent();
    }

    @Override
    PushRules push(HttpCall call) {
        RestRequest request = reader.read(call);
        RestClassifier classifier = new RestClassifier(knowledge, ProviderAnswers.none());
        return new PushRules(pushes.orElseThrow(), classifier, request, request.outgoing(call));
    }

    private Optional<StateCheck> standing(RestRequest request, HttpCall call, RestClassifier classifier) {
        return request.entry().asks().flatMap(how -> switch (how) {
            case StateComparison comparison -> {
                RestOperation read = Objects.requireNonNull(
                        knowledge.operations().get(request.entry().stands().orElseThrow()));
                HttpCall question =
                        ownCall(call.authority(), read, request.parameters(), comparison.query(), Optional.empty());
                // A parameter that selects another operation at the question's path would ask for something else.
                yield Optional.of(check(
                        classifier,
                        request,
                        question,
                        how,
                        asks(question, read)
                                ? StateComparison.entries(comparison.sent(), request.arguments())
                                : Optional.empty()));
            }
            case StateCondition condition ->
                UndoPlan.filled(
                                condition.arguments(),
                                request.arguments(),
                                request.parameters().keySet())
                        .flatMap(arguments ->
                                new OwnRequests(this, call.authority()).write(condition.read(), arguments, Set.of()))
                        .map(question -> check(classifier, request, question, how, Optional.empty()));
        });
    }

    private static StateCheck check(
            RestClassifier classifier,
            RestRequest request,
            HttpCall question,
            StateQuestion how,
            Optional<Set<String>> sent) {
        Action losing = classifier.judge(request);
        boolean mayRelease = how instanceof StateComparison comparison
                && comparison.holding().isPresent();
        return new StateCheck(
                mayRelease ? classifier.releasingAction(request) : losing,
                losing,
                classifier.harmlessAction(request, how.kept()),
                question,
                how,
                sent);
    }

    private HttpCall ownCall(
            String authority,
            RestOperation operation,
            Map<String, String> parameters,
            Map<String, String> query,
            Optional<Value> body) {
        List<Header> headers = new ArrayList<>(
                List.of(new Header("accept", "application/json"), new Header("user-agent", "interlock")));
        body.ifPresent(_ -> headers.add(new Header("content-type", "application/json")));
        knowledge.fixed().forEach((name, value) -> headers.add(new Header(name, value)));
        return new HttpCall(
                operation.line().method(),
                authority,
                operation.line().template().filled(parameters),
                query.entrySet().stream()
                        .map(each -> new HttpCall.Parameter(each.getKey(), each.getValue()))
                        .toList(),
                headers,
                body.map(value -> Bytes.utf8(value.json())).orElse(Bytes.empty()));
    }

    private Optional<Undo> undo(RestRequest request, HttpCall call, RestClassifier classifier) {
        Map<String, Value> arguments = new LinkedHashMap<>(request.arguments());
        arguments.remove("header"); // these fields change nothing that is kept
        return request.entry()
                .entry()
                .undo()
                .flatMap(plan -> Undo.of(
                        plan,
                        arguments,
                        request.parameters().keySet(),
                        classifier.recoverableAction(request, plan),
                        new OwnRequests(this, call.authority())));
    }

    private record OwnRequests(RestDialect dialect, String authority) implements Undo.RequestWriter {

        @Override
        public Optional<HttpCall> write(String operation, Map<String, Value> arguments, Set<ArgumentPath> selected) {
            RestOperation entry =
                    Objects.requireNonNull(dialect.knowledge.operations().get(operation));
            Set<String> names = entry.line().template().names();
            Map<String, String> parameters = texts(arguments);
            parameters.keySet().retainAll(names);
            Map<String, String> query =
                    arguments.get("query") instanceof Value.Members(var members) ? texts(members) : Map.of();
            if (!parameters.keySet().equals(names)) {
                return Optional.empty();
            }
            HttpCall call =
                    dialect.ownCall(authority, entry, parameters, query, Optional.ofNullable(arguments.get("body")));
            return dialect.asks(call, entry) ? Optional.of(call) : Optional.empty();
        }

        private static Map<String, String> texts(Map<String, Value> values) {
            Map<String, String> texts = new TreeMap<>();
            values.forEach((name, value) -> value.scalar().ifPresent(text -> texts.put(name, text)));
            return texts;
        }

        @Override
        public Optional<Value> result(UndoPlan plan, Bytes answer) {
            return Value.find(answer);
        }
    }

    @Override
    public Optional<Inquiry> inquiry(ProviderQuestion question, Resource about, String authority) {
        QuestionPlan plan = Objects.requireNonNull(head().questions().get(question.name()));
        RestOperation read = Objects.requireNonNull(knowledge.operations().get(plan.read()));
        return plan.parameters(about, read)
                .map(parameters -> ownCall(authority, read, parameters, Map.of(), Optional.empty()))
                .filter(call -> asks(call, read))
                .map(call -> new Inquiry(call, answer -> plan.read(about, answer)));
    }

    private boolean asks(HttpCall question, RestOperation read) {
        try {
            return reader.read(question).entry().name().equals(read.name());
        } catch (UnreadableException e) {
            return false;
        }
    }

    /** {@inheritDoc} Those of GraphQL and of MCP come last. */
    @Override
    public List<OperationSummary> operations() {
        Map<String, OperationSummary> own = new LinkedHashMap<>();
        knowledge.operations().values().forEach(entry -> own.put(entry.name(), summary(entry)));
        pushes.stream()
                .flatMap(push -> Stream.of(push.create(), push.update(), push.delete()))
                .map(PushOperations.PushOperation::asSent)
                .forEach(entry -> own.merge(entry.name(), summary(entry), OperationSummary::or));
        List<OperationSummary> all = new ArrayList<>(own.values());
        parts().forEach(part -> all.addAll(part.operations()));
        return all;
    }

    private OperationSummary summary(RestOperation entry) {
        return entry.entry()
                .summary(
                        new Operation(knowledge.name(), entry.name()),
                        entry.possible(),
                        entry.secrets().isEmpty() && entry.possible().contains(Impact.CREDENTIAL),
                        entry.factNames(),
                        entry.hidden());
    }

    @Override
    Stream<HttpCall> destructiveProbes(String name) {
        return Stream.concat(
                simplestFirst()
                        .filter(entry -> entry.entry().impacts().contains(Impact.DESTROY))
                        .map(entry -> call(entry, name)),
                graphql.stream().flatMap(other -> other.destructiveProbes(name)));
    }

    @Override
    Stream<HttpCall> asking(String name) {
        return Stream.concat(
                simplestFirst().map(entry -> call(entry, name)),
                graphql.stream().flatMap(other -> other.asking(name)));
    }

    /**
     * Returns the operations with the simplest requests first. Those with an opaque body are left out, because nobody
     * could say what such a body means.
     */
    private Stream<RestOperation> simplestFirst() {
        return knowledge.operations().values().stream()
                .filter(entry -> !(entry.line().body() instanceof RequestLine.Opaque))
                .sorted(Comparator.comparing(entry -> !(entry.line().body() instanceof RequestLine.None)));
    }

    private HttpCall call(RestOperation entry, String name) {
        boolean bare = entry.line().body() instanceof RequestLine.None;
        return new HttpCall(
                entry.line().method(),
                knowledge.anyHost() ? name : "",
                entry.line().template().filled(parameters(entry, name)),
                List.of(),
                bare ? List.of() : List.of(new Header("content-type", "application/json")),
                bare ? Bytes.empty() : Bytes.of(body(entry, name).canonical()));
    }

    private static Json.Members body(RestOperation entry, String name) {
        Json.Members body = Json.object();
        for (ArgumentPath path : entry.entry().resources().keySet()) {
            if (path.steps().size() == 2 && path.steps().getFirst().equals("body")) {
                body = body.with(path.steps().getLast(), name);
            }
        }
        return body;
    }

    private Map<String, String> parameters(RestOperation entry, String name) {
        return entry.line().template().names().stream()
                .collect(Collectors.toMap(
                        Function.identity(),
                        parameter -> knowledge.wholeNumbers().contains(parameter) ? Catalog.NO_NUMBER : name));
    }

    RestCatalog knowledge() {
        return knowledge;
    }
}
