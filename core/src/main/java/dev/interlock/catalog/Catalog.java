package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Inquiry;
import dev.interlock.action.McpError;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The knowledge about one provider; reads calls to it in its protocol. Threading: any. */
public abstract sealed class Catalog implements CallReader permits GraphqlDialect, McpDialect, RestDialect, SqlDialect {

    /** Replaces a probe's name where only digits are allowed. No provider starts its numbers at 0. */
    static final String NO_NUMBER = "0";

    private final CatalogHead head;
    private final ReadingCache memo = new ReadingCache();
    /** Empty until somebody asks. */
    private volatile Map<Operation, OperationSummary> summaries = Map.of();

    Catalog(CatalogHead head) {
        this.head = head;
    }

    final CatalogHead head() {
        return head;
    }

    /** Returns the provider's name, as resources and operations write it. */
    public final String name() {
        return head.name();
    }

    /** Returns the places where credentials may travel at this provider. */
    public final CarrierNames carriers() {
        return head.carriers();
    }

    /** Returns the types of resources that hold data, which is lost with them. Empty if the file does not say. */
    public final Set<String> dataTypes() {
        return head.holdsData();
    }

    /** Returns the protocols that it reads, as people call them: the provider's own first. */
    public abstract List<String> protocols();

    /** Returns whether it says what a request to {@code path} does, of whatever method. */
    public boolean knows(String path) {
        return isGraphql(path);
    }

    /** Returns whether GraphQL is answered at {@code path}. Refusals are then written in GraphQL's error format. */
    public boolean isGraphql(String path) {
        return false;
    }

    /** Returns whether {@code method} at {@code path} has a body that may be too long for memory. */
    public boolean takesLongBody(String method, String path) {
        return false;
    }

    /**
     * Returns whether {@code location}, to which a read is redirected, is in the provider's own storage. The gateway
     * fetches from there in the agent's place.
     */
    public boolean isStorage(URI location) {
        return false;
    }

    /**
     * Returns whether {@code linked}, to which an answer refers, is another page of the list that was asked for at
     * {@code path}, by a name of the provider's own.
     */
    public boolean isPage(String path, String linked) {
        return false;
    }

    /** Returns whether {@code method} at {@code path} is a push by Git, whose body says what it does. */
    public boolean isPush(String method, String path) {
        return false;
    }

    /** Returns how a push is judged. Call it only if {@link #isPush} says so. */
    PushRules push(HttpCall call) {
        throw new IllegalStateException("not a push: " + call.path());
    }

    /** Returns {@code call} without what differs each time that it is sent, if it is a request of MCP. */
    public Optional<McpEnvelope> mcp(HttpCall call) {
        return Optional.empty();
    }

    /**
     * Returns the error that MCP has for {@code call}, which {@link #read} rejects; empty if it is no message, or is
     * rejected for a reason that the protocol does not know.
     */
    public Optional<McpError> mcpError(HttpCall call) {
        return Optional.empty();
    }

    /** Returns the tools that it lists, if it is that of an MCP server. */
    public Optional<McpTools> tools() {
        return Optional.empty();
    }

    /**
     * Reads what {@code call} means, or says that it has no single meaning. A GraphQL operation that the catalog does
     * not know is read as one of {@link Impact#UNKNOWN unknown} impact. An unknown argument or field of a known
     * operation is not understood. The same goes for a method and path that belong to no operation.
     */
    @Override
    public final CallReading read(Call call) {
        return call instanceof HttpCall http
                ? memo.of(http, this::readAnew)
                : understood(call).orElseGet(() -> refused(CatalogRefusals.OTHER_PROTOCOL, Refusal.Finality.FINAL));
    }

    /** Returns what {@code call}, which is none of HTTP, means; empty if the provider does not speak that protocol. */
    Optional<CallReading> understood(Call call) {
        return Optional.empty();
    }

    @Override
    public final List<Action> attempted(Call call) {
        CallReading reading = call instanceof HttpCall http ? explain(http) : read(call);
        return reading instanceof CallReading.CallMeaning meaning ? meaning.actions() : List.of();
    }

    @Override
    public Optional<Undo> undo(Json.Members kept) {
        return read(HttpCall.read(kept)) instanceof CallReading.CallMeaning meaning ? meaning.undo() : Optional.empty();
    }

    /** {@inheritDoc} Where arguments make the action worse than it is, they may make the alternative so, too. */
    @Override
    public final Optional<Action> safer(Action action) {
        return summary(action.operation())
                .flatMap(own -> own.safer()
                        .flatMap(safer -> summary(safer.operation()))
                        .map(other -> {
                            boolean isUsual = own.impacts().containsAll(action.impacts());
                            return new Action(
                                    other.operation(),
                                    isUsual ? other.impacts() : other.possible(),
                                    isUsual ? other.reversibility() : Reversibility.IRREVERSIBLE,
                                    action.resources(),
                                    List.of());
                        }));
    }

    @Override
    public final boolean showsFiles(Operation operation) {
        return summary(operation)
                .flatMap(OperationSummary::topic)
                .filter(OperationTopic.NAMED_FILES::equals)
                .isPresent();
    }

    private Optional<OperationSummary> summary(Operation operation) {
        Map<Operation, OperationSummary> known = summaries;
        if (known.isEmpty()) {
            known = operations().stream()
                    .collect(Collectors.toMap(OperationSummary::operation, each -> each, OperationSummary::or));
            summaries = known;
        }
        return Optional.ofNullable(known.get(operation));
    }

    private static CallReading refused(RefusalText text, Refusal.Finality finality) {
        return new CallReading.CallRejection(text.reason(), text.next(), finality);
    }

    private CallReading readAnew(HttpCall call) {
        if (!isPush(call.method(), call.path())) {
            return explain(call);
        }
        try {
            return new CallReading.PushMeaning(push(call));
        } catch (UnreadableException _) {
            return refused(CatalogRefusals.NO_PUSH, Refusal.Finality.RETRYABLE);
        }
    }

    /** Does the same as {@link #read}, and takes a push for what its request line says. */
    public final CallReading explain(HttpCall call) {
        return explain(call, ProviderAnswers.none());
    }

    private CallReading explain(HttpCall call, ProviderAnswers answers) {
        try {
            return meaning(call, answers).asking(answers.open());
        } catch (UnreadableException e) {
            return new CallReading.CallRejection(e.reason(), e.next(), e.finality());
        }
    }

    @Override
    public final CallReader knowing(ProviderAnswers answers) {
        return new AnsweredReader(this, answers);
    }

    /** Reads changing calls of one provider with what it has answered about them. */
    private record AnsweredReader(Catalog catalog, ProviderAnswers answers) implements CallReader {

        @Override
        public CallReading read(Call call) {
            if (call instanceof HttpCall http && !catalog.isPush(http.method(), http.path())) {
                return catalog.explain(http, answers);
            }
            return catalog.read(call) instanceof CallReading.PushMeaning(var rules)
                    ? new CallReading.PushMeaning(rules.knowing(answers))
                    : catalog.read(call);
        }

        @Override
        public CallReader knowing(ProviderAnswers others) {
            return catalog.knowing(others);
        }

        @Override
        public Optional<Inquiry> inquiry(ProviderQuestion question, Resource about, String authority) {
            return catalog.inquiry(question, about, authority);
        }

        @Override
        public List<Action> attempted(Call call) {
            return catalog.attempted(call);
        }

        @Override
        public Optional<Undo> undo(Json.Members kept) {
            return catalog.undo(kept);
        }
    }

    /** Returns the header fields of {@code call} that are among {@code names}, each at most once. */
    static List<Header> headers(HttpCall call, Set<String> names) {
        Set<String> seen = new HashSet<>();
        List<Header> headers = call.headers().stream()
                .filter(header -> names.contains(header.name()))
                .toList();
        for (Header header : headers) {
            if (!seen.add(header.name())) {
                throw new UnreadableException(CatalogRefusals.HEADER_TWICE, header.name());
            }
        }
        return headers;
    }

    /** Returns the content type of {@code call}; empty if it has none, or several. */
    static String contentType(HttpCall call) {
        List<Header> types = call.headers().stream()
                .filter(header -> header.name().equals("content-type"))
                .toList();
        return types.size() == 1 ? types.getFirst().value() : "";
    }

    /** Returns the one meaning of {@code call}, or throws an {@link UnreadableException}. */
    abstract CallReading.CallMeaning meaning(HttpCall call, ProviderAnswers answers);

    /**
     * Returns a probe request that would destroy the resource {@code name}, which should not exist. It is checked by
     * reading it like any other call: it destroys something, and names nothing else. Empty if no operation of the
     * catalog can be called so simply.
     */
    public final Optional<HttpCall> destructiveProbe(String name) {
        return destructiveProbes(name)
                .filter(call -> read(call) instanceof CallReading.CallMeaning understood
                        && !understood.session().goesBy() // refused whatever policies say, which proves nothing
                        && understood.actions().stream().anyMatch(action -> action.has(Impact.DESTROY))
                        && understood.actions().stream()
                                .flatMap(action -> action.resources().stream())
                                .allMatch(resource -> resource.id().contains(name)
                                        || resource.id().equals(NO_NUMBER)))
                .findFirst();
    }

    /**
     * Returns a probe request that is understood, and concerns {@code name} if it concerns a resource at all. It serves
     * catalogs with no simple destroying operation. Empty if no operation can be called without knowing more.
     */
    public final Optional<HttpCall> harmlessProbe(String name) {
        return asking(name)
                .filter(call -> read(call) instanceof CallReading.CallMeaning)
                .findFirst();
    }

    /**
     * Returns candidate requests that may destroy something. Each is for one operation on the resource {@code name}.
     */
    abstract Stream<HttpCall> destructiveProbes(String name);

    /** Returns candidates that may be understood, the simplest first, each for one operation on {@code name}. */
    abstract Stream<HttpCall> asking(String name);

    /**
     * Returns the types of resources that the operations touch, each with an example identifier in the provider's form.
     * Types that paths name come first. Operations that name no resource concern {@code account/self}.
     */
    public abstract Map<String, String> touchedTypes();

    /** Returns every known operation in the file's order; for GraphQL, queries first. */
    public abstract List<OperationSummary> operations();
}
