package dev.interlock.listeners;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.action.SessionTarget;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.SessionUse;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.catalog.mcp.ToolList;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.McpReader;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** Reads messages of MCP by a catalog, and by what is known of the server's tools. */
record McpMessages(Catalog catalog, ToolQuarantine.Server server) implements McpReader {

    @Override
    public Optional<SeparatedMessage> separate(
            HttpCall call, Optional<String> place, List<PresentedCredential> presented) {
        return catalog.mcp(call).map(envelope -> Separated.of(catalog, envelope, server, client(place, presented)));
    }

    /** Stands for the client: whoever has the same credentials at the same place. */
    private static String client(Optional<String> place, List<PresentedCredential> presented) {
        String all = presented.stream()
                .map(credential ->
                        credential.secret().use(secret -> Bytes.utf8(secret).sha256()))
                .collect(Collectors.joining(" ", place.orElse("") + " ", ""));
        return Bytes.utf8(all).sha256();
    }

    /**
     * A message and its server.
     *
     * @param client stands for its sender
     * @param before what the last result of the call that it continues has asked for
     * @param decided what its session had chosen when it was last decided about
     * @param asked the tools by which the gateway has asked what the call would lose
     */
    private record Separated(
            Catalog catalog,
            McpEnvelope envelope,
            ToolQuarantine.Server server,
            String client,
            Optional<ServerRequests.Round> before,
            AtomicReference<Optional<SessionTarget>> decided,
            Set<String> asked)
            implements SeparatedMessage {

        /** Returns it with those answers alone that the server has asked for and its client may give. */
        static Separated of(Catalog catalog, McpEnvelope envelope, ToolQuarantine.Server server, String client) {
            AtomicReference<Optional<SessionTarget>> decided = new AtomicReference<>(Optional.empty());
            Set<String> asked = ConcurrentHashMap.newKeySet();
            Separated whole = new Separated(catalog, envelope, server, client, Optional.empty(), decided, asked);
            if (envelope.isContinued()) {
                Optional<ServerRequests.Round> before = server.requests().find(whole.call(envelope.state()));
                Set<String> keys = before.map(ServerRequests.Round::keys).orElse(Set.of());
                return new Separated(catalog, envelope.withInputs(keys), server, client, before, decided, asked);
            }
            Optional<String> refusal = envelope.answered()
                    .flatMap(id -> server.requests().find(whole.session(), id))
                    .flatMap(ServerRequests.Asked::refusal);
            return refusal.map(reason -> envelope.refused("Interlock: " + reason))
                    .map(refused -> new Separated(catalog, refused, server, client, whole.before, decided, asked))
                    .orElse(whole);
        }

        private String session() {
            return client + ' ' + envelope.session();
        }

        private String call(Optional<String> state) {
            return client + ' ' + envelope.call() + ' ' + state.orElse("");
        }

        @Override
        public Optional<McpError> error(Refusal refusal) {
            if (refusal.equals(ServerRequests.unasked())) {
                return envelope.unbegun();
            }
            if (refusal.equals(ServerTasks.unknown())) {
                return Optional.of(McpEnvelope.unknownTask());
            }
            return refusal.kind() == Refusal.Kind.NOT_UNDERSTOOD
                    ? catalog.mcpError(envelope.judged())
                    : Optional.empty();
        }

        @Override
        public Optional<Refusal> sent() {
            ServerRequests requests = server.requests();
            if (envelope.answered().isPresent()) {
                return requests.take(session(), envelope.answered().get()).isPresent()
                        ? Optional.empty()
                        : Optional.of(ServerRequests.unasked());
            }
            if (envelope.isContinued()) {
                return requests.take(call(envelope.state())).isPresent()
                        ? Optional.empty()
                        : Optional.of(ServerRequests.unasked());
            }
            if (envelope.isAboutTask() && envelope.task().filter(this::isOwn).isEmpty()) {
                return Optional.of(ServerTasks.unknown());
            }
            if (envelope.isToolCall() && !requests.isIdle()) {
                requests.begin(session());
            }
            return sentInSession();
        }

        private Optional<Refusal> sentInSession() {
            if (envelope.tool().filter(server::isInSession).isEmpty()
                    || !(catalog.read(envelope.judged()) instanceof CallReading.CallMeaning meaning)) {
                return Optional.empty();
            }
            SessionUse use = meaning.session();
            Optional<Refusal> changed =
                    use.goesBy() ? server.targets().goBy(envelope.session(), decided.get(), decided) : Optional.empty();
            return changed.isPresent()
                    ? changed
                    : use.chooses().flatMap(call -> server.targets().choose(envelope.session(), call, decided));
        }

        @Override
        public Optional<SessionTarget> target() {
            decided.set(server.targets().find(envelope.session()));
            return decided.get();
        }

        @Override
        public Optional<Call> within(Call question) {
            HttpCall call = HttpCall.of(question);
            Optional<String> tool = catalog.mcp(call).flatMap(McpEnvelope::tool);
            if (tool.flatMap(server::refusal).isPresent()) {
                return Optional.empty();
            }
            tool.ifPresent(asked::add);
            return Optional.of(McpEnvelope.in(envelope.session(), call));
        }

        @Override
        public void begun(String session) {
            if (envelope.begins() && envelope.session().isEmpty()) {
                server.targets().begin(session);
            }
        }

        @Override
        public void answered() {
            server.targets().answered(envelope.session(), decided);
        }

        private boolean isOwn(String task) {
            return server.tasks().isOf(client(), envelope.session(), task);
        }

        @Override
        public AskedMessage asked(Bytes message) {
            return switch (ServerMessage.read(message)) {
                case ServerMessage.ServerRequest request ->
                    server.requests()
                            .ask(session(), request.id(), request.method())
                            .<AskedMessage>map(asked -> asked.refusal().isEmpty()
                                    ? new PassedMessage()
                                    : new ReplacedMessage(request.refused()))
                            .orElseGet(EndingMessage::new);
                case ServerMessage.InputRequired(var _, var methods, var state) -> {
                    if (envelope.id().isEmpty()) {
                        yield new EndingMessage();
                    }
                    int asked = before.map(ServerRequests.Round::asked).orElse(0);
                    yield server.requests()
                            .ask(call(state), methods, asked)
                            .<AskedMessage>map(RefusedMessage::new)
                            .orElseGet(PassedMessage::new);
                }
                case ServerMessage.NewTask given -> {
                    if (!envelope.runsAsTask()) {
                        yield new RefusedMessage(ServerTasks.unasked());
                    }
                    server.tasks().give(client(), envelope.session(), given.task(), given.ttl());
                    yield new PassedMessage();
                }
                case ServerMessage.TaskState(String task) ->
                    envelope.task().filter(task::equals).isPresent() || (envelope.isStream() && isOwn(task))
                            ? new PassedMessage()
                            : new RefusedMessage(ServerTasks.unasked());
                case ServerMessage.ServerAbilities abilities ->
                    abilities
                            .narrowed(server.hasTasks() && !envelope.isStateless())
                            .<AskedMessage>map(ReplacedMessage::new)
                            .orElseGet(PassedMessage::new);
                case ServerMessage.OtherMessage _ -> new PassedMessage();
                case ServerMessage.UnreadableMessage _ -> new EndingMessage();
            };
        }

        @Override
        public boolean isAnsweredBy(String id) {
            return envelope.isAnsweredBy(id);
        }

        @Override
        public HttpCall judged() {
            return envelope.judged();
        }

        @Override
        public List<String> perTry() {
            return envelope.perTry();
        }

        /** {@inheritDoc} The catalog has checked that it is a text, or a whole number that each reader keeps. */
        @Override
        public Optional<Json> id() {
            return envelope.id().map(Separated::json);
        }

        @Override
        public Optional<Json> progressToken() {
            return envelope.differing().progressToken().map(Separated::json);
        }

        private static Json json(Value id) {
            return id instanceof Value.Numeric(BigDecimal number)
                    ? new Json.Whole(number.longValueExact())
                    : new Json.Text(id.scalar().orElseThrow());
        }

        @Override
        public boolean isToolCall() {
            return envelope.isToolCall() && !envelope.runsAsTask();
        }

        @Override
        public boolean listsTools() {
            return envelope.listsTools();
        }

        @Override
        public Optional<Refusal> quarantine() {
            return envelope.tool().flatMap(server::refusal);
        }

        @Override
        public Optional<ToolCheck> check(HttpCall outgoing, boolean isRead) {
            return envelope.tool()
                    .filter(server::isWatched)
                    .filter(tool -> !isRead || !server.isRecent(tool))
                    .map(tool -> new Check(server, tool, asked, outgoing));
        }

        @Override
        public ShownList shown(Bytes message) {
            return switch (ToolList.read(message)) {
                case ToolList.ListOfTools(ToolList list) -> {
                    server.note(list);
                    yield envelope.isAnsweredBy(list.id())
                            ? new Shown(list.written(server::isShown, this::isTask))
                            : new Withheld();
                }
                case ToolList.ListError(Value id, Bytes error) ->
                    envelope.isAnsweredBy(id) ? new Shown(error) : new Withheld();
                case ToolList.OtherMessage _ -> new Skipped();
                case ToolList.Unreadable _ -> new Withheld();
            };
        }

        private boolean isTask(String tool) {
            return server.isTask(tool) && !envelope.isStateless();
        }

        @Override
        public HttpCall restored(HttpCall outgoing) {
            return envelope.restored(outgoing);
        }
    }

    /** A look at the list of tools before {@code tool} is called. */
    private static final class Check implements ToolCheck {

        private static final int MAX_PAGES = 50;

        private final ToolQuarantine.Server server;
        private final String tool;
        private final Set<String> asked;
        private final HttpCall outgoing;
        private Optional<HttpCall> next;
        private int pages;
        private boolean isListed;
        private boolean isWhole;

        /** @param asked the tools that the decision rests on */
        Check(ToolQuarantine.Server server, String tool, Set<String> asked, HttpCall outgoing) {
            this.server = server;
            this.tool = tool;
            this.asked = asked;
            this.outgoing = outgoing;
            this.next = Optional.of(McpEnvelope.question(outgoing, Optional.empty()));
        }

        @Override
        public Optional<HttpCall> question() {
            Optional<HttpCall> asked = pages++ < MAX_PAGES ? next : Optional.empty();
            next = Optional.empty();
            return asked;
        }

        @Override
        public boolean isAnswer(Bytes message) {
            return switch (ToolList.read(message)) {
                case ToolList.ListOfTools(ToolList list) -> {
                    server.note(list);
                    isListed |= list.tools().stream()
                            .anyMatch(listed -> listed.name().equals(tool));
                    isWhole = list.cursor().isEmpty();
                    next = list.cursor().map(cursor -> McpEnvelope.question(outgoing, Optional.of(cursor)));
                    yield true;
                }
                case ToolList.OtherMessage _ -> false;
                case ToolList.ListError _, ToolList.Unreadable _ -> true;
            };
        }

        @Override
        public Optional<Refusal> refusal() {
            return server.refusal(tool)
                    .or(() -> asked.stream()
                            .flatMap(other -> server.refusal(other).stream())
                            .findFirst())
                    .or(() -> isListed && isWhole ? Optional.empty() : Optional.of(server.unseen(tool)));
        }
    }
}
