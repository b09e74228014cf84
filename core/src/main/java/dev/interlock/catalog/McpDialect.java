package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.McpError;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Resource;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.CatalogEntry.FactPaths;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.JsonRpc;
import dev.interlock.catalog.mcp.McpAnswer;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.McpException;
import dev.interlock.catalog.mcp.McpHeaders;
import dev.interlock.catalog.mcp.McpMessage;
import dev.interlock.catalog.mcp.McpMethod;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.catalog.mcp.ToolPin;
import dev.interlock.catalog.mcp.ToolResult;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads calls to a server that speaks MCP over Streamable HTTP. What a tool does says the catalog. What the server says
 * of its tools counts for nothing.
 */
final class McpDialect extends Catalog {

    private static final Pattern JSON = Pattern.compile("(?i)application/json(\\s*;\\s*charset=(utf-8|\"utf-8\"))?");
    /** The operations of a GET, a stream on which the server speaks by itself, and of a DELETE. */
    private static final String LISTEN = McpMethod.OPERATION + "listen";

    private static final String END = McpMethod.OPERATION + "end-session";

    private static final Map<McpMethod, CatalogEntry> ENTRIES =
            Arrays.stream(McpMethod.values()).collect(Collectors.toMap(Function.identity(), McpDialect::newEntry));

    private static final CatalogEntry PING = entry(McpMethod.PING);
    private final McpCatalog knowledge;
    private final McpTools tools;
    private final Set<String> capabilities;
    private final Resource self;
    private final Map<String, List<ThingName.Thing>> ofParts;

    McpDialect(McpCatalog knowledge) {
        this(knowledge, Map.of());
    }

    /**
     * @param ofParts the operations besides those of the file that destroy only a part of what they name, if they
     *     destroy, because their twins of REST do; with what the twin's path says that the part is
     */
    McpDialect(McpCatalog knowledge, Map<String, List<ThingName.Thing>> ofParts) {
        super(knowledge.head());
        Map<String, List<ThingName.Thing>> parts = new HashMap<>(ofParts);
        knowledge.tools().values().stream()
                .flatMap(tool -> tool.ofParts().stream())
                .forEach(name -> parts.putIfAbsent(
                        name, ThingName.ofTool(name, Set.of()).stream().toList()));
        this.ofParts = Map.copyOf(parts);
        this.knowledge = knowledge;
        this.capabilities =
                knowledge.asks().stream().map(ServerMessage.Ask::capability).collect(Collectors.toSet());
        this.self = new Resource(knowledge.name(), knowledge.self(), "self");
        this.tools = new McpTools(
                knowledge.endpoints().stream().sorted().findFirst().orElseThrow(),
                self,
                knowledge.tools().keySet(),
                knowledge.pins(),
                knowledge.segments().stream().map(SegmentRule::text).collect(Collectors.toSet()),
                knowledge.asks().stream().map(ServerMessage.Ask::text).collect(Collectors.toSet()),
                knowledge.tasks(),
                knowledge.tools().values().stream()
                        .filter(tool -> tool.targets().values().stream().anyMatch(McpTool.TargetRule::concernsSession))
                        .map(McpTool::name)
                        .collect(Collectors.toSet()));
    }

    private static CatalogEntry newEntry(McpMethod method) {
        List<ArgumentPath> facts =
                method.mirrored().isEmpty() ? List.of() : List.of(new ArgumentPath(List.of(method.mirrored())));
        return CatalogEntry.plain(
                new ProviderSchema.OutputField(
                        method.takes().isEmpty() ? Map.of() : TypeParser.inputs(method.takes()),
                        Optional.empty(),
                        false),
                Impact.READ,
                FactPaths.of(facts));
    }

    private static CatalogEntry entry(McpMethod method) {
        return Objects.requireNonNull(ENTRIES.get(method));
    }

    @Override
    public List<String> protocols() {
        return List.of("MCP");
    }

    /** {@inheritDoc} Every client begins with a request about the server itself. */
    @Override
    public Map<String, String> touchedTypes() {
        Map<String, String> types = new LinkedHashMap<>();
        knowledge.resourceTypes().forEach(type -> types.put(type, ResourceName.ANY));
        types.putIfAbsent("account", "self");
        types.putIfAbsent(self.type(), self.id());
        return Collections.unmodifiableMap(types);
    }

    @Override
    public boolean knows(String path) {
        return answers(path);
    }

    /** Returns whether it reads what is sent to {@code path}. */
    boolean answers(String path) {
        return knowledge.endpoints().contains(path);
    }

    @Override
    public boolean takesNoCredential(Call call) {
        return call instanceof HttpCall http && answers(http.path());
    }

    @Override
    public Optional<McpEnvelope> mcp(HttpCall call) {
        return answers(call.path()) ? Optional.of(McpEnvelope.of(call)) : Optional.empty();
    }

    @Override
    public Optional<McpError> mcpError(HttpCall call) {
        try {
            meaning(call, ProviderAnswers.none());
            return Optional.empty();
        } catch (McpException e) {
            return e.error(call);
        } catch (UnreadableException _) {
            return Optional.empty();
        }
    }

    private Optional<ToolPin> pin(McpMessage message) {
        return Optional.ofNullable(message.params().get("name"))
                .flatMap(Value::scalar)
                .flatMap(name -> Optional.ofNullable(knowledge.pins().get(name)));
    }

    @Override
    public Optional<McpTools> tools() {
        return Optional.of(tools);
    }

    @Override
    CallReading.CallMeaning meaning(HttpCall call, ProviderAnswers answers) {
        requirePlain(call);
        McpHeaders.require(call);
        return switch (call.method()) {
            case "POST" -> message(call, answers);
            case "GET" -> bare(call, LISTEN, List.of(new Header("accept", "text/event-stream")));
            case "DELETE" -> bare(call, END, List.of());
            default ->
                throw new UnreadableException(
                        "MCP has POST, and GET and DELETE for sessions.", "Send the message by POST.");
        };
    }

    private void requirePlain(HttpCall call) {
        if (!answers(call.path())) {
            throw UnreadableException.unlisted(
                    "The catalog `" + knowledge.name() + "` has no endpoint of MCP at this path.",
                    "Send the message to "
                            + String.join(
                                    " or ",
                                    knowledge.endpoints().stream().sorted().toList()) + ".");
        }
        if (!call.query().isEmpty()) {
            throw new UnreadableException(
                    "The request has query parameters, which MCP does not know.", "Send them in the message.");
        }
        for (Header header : call.headers()) {
            if (header.name().equals("content-encoding") || header.name().equals("upgrade")) {
                throw new UnreadableException(
                        "The header `" + header.name() + "` is not supported.", "Send plain application/json.");
            }
        }
        if (!call.isWhole()) {
            throw new UnreadableException("The message is longer than Interlock reads.", "Send it in smaller parts.");
        }
    }

    private CallReading.CallMeaning bare(HttpCall call, String operation, List<Header> accept) {
        if (call.body().length() > 0) {
            throw new UnreadableException("The request has a body, and its method takes none.", "Leave it out.");
        }
        List<Header> headers = new ArrayList<>(headers(call, knowledge.forwarded()));
        headers.addAll(accept);
        headers.addAll(McpHeaders.ofNoMessage(call));
        return meaning(
                judged(operation, PING, Map.of(), self, List.of(), ProviderAnswers.none()),
                call.rewritten(List.of(), headers, Bytes.empty()),
                SessionUse.NONE);
    }

    private CallReading.CallMeaning message(HttpCall call, ProviderAnswers answers) {
        if (!JSON.matcher(contentType(call)).matches()) {
            throw new UnreadableException(
                    "The message is not application/json in UTF-8.",
                    "Send application/json, and name it in one content-type header.");
        }
        List<Header> headers = new ArrayList<>(headers(call, knowledge.forwarded()));
        headers.add(new Header("accept", "application/json, text/event-stream"));
        headers.add(new Header("content-type", "application/json"));
        Map<String, Value> members = JsonRpc.read(call.body());
        Optional<McpAnswer> answer = McpAnswer.read(members);
        if (answer.isPresent()) {
            headers.addAll(McpHeaders.ofNoMessage(call));
            return meaning(
                    judged(McpAnswer.OPERATION, PING, Map.of(), self, List.of(), answers),
                    call.rewritten(List.of(), headers, answer.get().neutral().written()),
                    SessionUse.NONE);
        }
        McpMessage message = McpMessage.read(members);
        McpHeaders.requireVersion(call, message);
        Optional<McpMethod> method = message.isToolCall() ? Optional.empty() : Optional.of(known(message));
        headers.addAll(McpHeaders.ofMessage(call, message, pin(message)));
        message.requireContinued();
        HttpCall outgoing = call.rewritten(
                List.of(),
                headers,
                message.neutral()
                        .withCapabilities(capabilities)
                        .withBoundedTask()
                        .written());
        return method.map(known -> meaning(
                        judged(known.operation(), entry(known), message.ownParams(), self, answersIn(message), answers),
                        outgoing,
                        SessionUse.NONE))
                .orElseGet(() -> tool(message, outgoing, answers));
    }

    private static CallReading.CallMeaning meaning(Action judged, HttpCall outgoing, SessionUse session) {
        return new CallReading.CallMeaning(
                List.of(judged), outgoing, Optional.empty(), DeferredUndo.NONE, Optional.empty(), session);
    }

    private CallReading.CallMeaning tool(McpMessage message, HttpCall outgoing, ProviderAnswers answers) {
        for (String name : message.ownParams().keySet()) {
            boolean isTask = name.equals(McpMessage.TASK) && message.task().isPresent();
            if (!name.equals("name") && !name.equals("arguments") && !isTask) {
                throw new UnreadableException(
                        "The call of a tool has the parameter " + VisibleText.shown(name)
                                + ", which Interlock does not read.",
                        "Call the tool with its name and arguments alone.");
            }
        }
        String name = message.text("name");
        McpTool tool = knowledge.tools().get(name);
        if (tool == null) {
            throw UnreadableException.unlisted(
                    "The catalog `" + knowledge.name() + "` does not list the tool " + VisibleText.shown(name) + ".",
                    ArgumentCheck.meant(name, knowledge.tools().keySet())
                            + "Use a tool that it lists, or ask a person for a catalog that lists this one.");
        }
        if (message.task().isPresent() && !knowledge.tasks().contains(name)) {
            throw McpException.unknownMethod(
                    "The catalog `" + knowledge.name() + "` does not let the tool `" + name + "` run as a task.",
                    "Call it without `task`, or ask a person to list it below `tasks` of the catalog.");
        }
        Value arguments = message.params().getOrDefault("arguments", new Value.Members(Map.of()));
        if (!(arguments instanceof Value.Members(Map<String, Value> given))) {
            throw new UnreadableException("The arguments of the tool are no object.", "Send an object.");
        }
        knowledge.requirePlain(given);
        String operation = tool.operation(given);
        CatalogEntry entry = Objects.requireNonNull(tool.operations().get(operation));
        Function<CatalogEntry, Action> judge =
                one -> judged(operation, one, given, knowledge.head().account(), answersIn(message), answers);
        Action judged = judge.apply(entry);
        Supplier<Optional<Undo>> undo = () -> entry.undo()
                .filter(_ -> message.task().isEmpty() && message.inputs().isEmpty())
                .flatMap(plan ->
                        Undo.of(plan, given, Set.of(), judge.apply(entry.undone(plan)), new OwnCalls(this, outgoing)));
        return new CallReading.CallMeaning(
                List.of(judged),
                outgoing,
                Optional.empty(),
                entry.undo().isPresent() ? DeferredUndo.of(given.values(), List.of(), undo) : DeferredUndo.NONE,
                Optional.empty(),
                tool.session(judged, given));
    }

    /** Writes calls of tools as {@code like} is written, a call of the same client. */
    private record OwnCalls(McpDialect dialect, HttpCall like) implements Undo.RequestWriter {

        @Override
        public Optional<HttpCall> write(String operation, Map<String, Value> arguments, Set<ArgumentPath> selected) {
            CatalogEntry entry =
                    Objects.requireNonNull(dialect.knowledge.operations().get(operation));
            try {
                dialect.knowledge.requirePlain(arguments);
                dialect.judged(operation, entry, arguments, dialect.self, List.of(), ProviderAnswers.none());
            } catch (UnreadableException _) {
                return Optional.empty();
            }
            return arguments.values().stream().anyMatch(Value.NullLiteral.class::isInstance) // nothing to put back
                    ? Optional.empty()
                    : Optional.of(McpEnvelope.toolCall(like, operation, arguments));
        }

        @Override
        public Optional<Value> result(UndoPlan plan, Bytes answer) {
            return ToolResult.read(answer, plan.absent());
        }
    }

    private McpMethod known(McpMessage message) {
        McpMethod method = knowledge.methods().get(message.method());
        if (message.method().equals(McpMethod.LIST_TASKS)) {
            throw McpException.unknownMethod(
                    "A list of tasks may show those of other clients, so Interlock passes none on.",
                    "Ask for each task by its own identifier with `tasks/get`.");
        }
        if (method == null) {
            throw McpException.unknownMethod(
                    McpMethod.find(message.method()).isPresent()
                            ? "The catalog `" + knowledge.name() + "` does not list the method `" + message.method()
                                    + "`."
                            : "Interlock does not know the method " + VisibleText.shown(message.method()) + " of MCP.",
                    "Use a tool that the catalog lists, or ask a person for a catalog that lists the method.");
        }
        if (method.isRemoved() && message.version().isPresent()) {
            throw McpException.unknownMethod(
                    "MCP has no method `" + message.method() + "` any more in the version of the message.",
                    "Leave it out.");
        }
        return method;
    }

    private static List<Fact> answersIn(McpMessage message) {
        return message.inputs().filter(inputs -> !inputs.isEmpty()).stream()
                .map(inputs -> ActionFacts.answers(new Value.Members(inputs)))
                .toList();
    }

    /** @param otherwise what it touches if it names nothing */
    private Action judged(
            String name,
            CatalogEntry entry,
            Map<String, Value> arguments,
            Resource otherwise,
            List<Fact> more,
            ProviderAnswers answers) {
        new ArgumentCheck(knowledge.shapes())
                .requireKnown(arguments, entry.shape().arguments(), "`" + name + "`");
        MemberSpelling.requireExact(entry.readPaths(), arguments);
        AppliedEntry strict = AppliedEntry.of(entry, arguments);
        Set<Resource> resources = knowledge.head().fold(strict.resources(knowledge.name()));
        List<Fact> noticed = new ArrayList<>(more);
        if (resources.isEmpty()) {
            resources.add(otherwise);
        }
        Set<Resource> spared = knowledge.head().fold(strict.unharmedResources(knowledge.name()));
        spared.removeAll(resources);
        resources.addAll(spared);
        AppliedEntry applied = strict.settled(resources, answers);
        boolean isNamed = !entry.naming().isEmpty() || !entry.facts().things().isEmpty();
        if (!isNamed && !applied.impacts().equals(Set.of(Impact.READ))) {
            ThingName.ofTool(name, Set.of()).map(ActionFacts::thing).ifPresent(noticed::add);
        }
        if (applied.impacts().contains(Impact.DESTROY)) {
            spared.stream().map(ActionFacts::kept).forEach(noticed::add);
        }
        List<ThingName.Thing> parts = ofParts.get(name);
        if (parts != null && applied.impacts().contains(Impact.DESTROY)) {
            noticed.add(ActionFacts.PART);
            if (entry.facts().things().isEmpty()) {
                parts.forEach(part -> noticed.add(ActionFacts.thing(part)));
            }
        }
        return new Action(
                new Operation(knowledge.name(), name),
                applied.impacts(),
                applied.reversibility(),
                resources,
                ActionFacts.of(applied, noticed),
                entry.piecemeal());
    }

    /** {@inheritDoc} Those of the protocol itself come first. */
    @Override
    public List<OperationSummary> operations() {
        Map<String, CatalogEntry> all = new LinkedHashMap<>();
        knowledge.methods().values().forEach(method -> all.put(method.operation(), entry(method)));
        List.of(LISTEN, END, McpAnswer.OPERATION).forEach(name -> all.put(name, PING));
        all.putAll(knowledge.operations());
        List<OperationSummary> operations = new ArrayList<>();
        all.forEach((name, entry) -> operations.add(entry.summary(
                new Operation(knowledge.name(), name),
                entry.possible(),
                entry.possible().contains(Impact.CREDENTIAL), // where in its answer, nobody says
                ActionFacts.names(entry),
                entry.hidden(ActionFacts.names(entry), knowledge.shapes()))));
        return operations;
    }

    @Override
    Stream<HttpCall> destructiveProbes(String name) {
        return knowledge.operations().entrySet().stream()
                .filter(tool -> knowledge.tools().containsKey(tool.getKey()))
                .filter(tool -> tool.getValue().impacts().contains(Impact.DESTROY))
                .filter(tool -> !tool.getValue().resources().isEmpty())
                .map(tool -> call(tool.getKey(), tool.getValue(), name));
    }

    private HttpCall call(String tool, CatalogEntry entry, String name) {
        Map<String, Value> arguments = new TreeMap<>();
        for (ArgumentPath path : entry.resources().keySet()) {
            if (path.steps().size() == 1) {
                arguments.put(path.steps().getFirst(), new Value.Text(name));
            }
        }
        return call(
                McpMethod.CALL_TOOL, Map.of("name", new Value.Text(tool), "arguments", new Value.Members(arguments)));
    }

    McpCatalog knowledge() {
        return knowledge;
    }

    /** {@inheritDoc} Each server answers a {@code ping}, which names nothing. */
    @Override
    Stream<HttpCall> asking(String name) {
        return Stream.of(call(McpMethod.PING.text(), Map.of()));
    }

    private HttpCall call(String method, Map<String, Value> params) {
        McpMessage message = new McpMessage(Optional.of(new Value.Numeric(BigDecimal.ONE)), method, params, Map.of());
        return new HttpCall(
                "POST",
                "",
                tools.endpoint(),
                List.of(),
                List.of(new Header("content-type", "application/json")),
                message.written());
    }
}
