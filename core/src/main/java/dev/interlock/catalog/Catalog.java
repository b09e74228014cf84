package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.McpError;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The knowledge about one provider; reads calls to it.
 *
 * <p>Threading: any number of threads may read with it.
 */
public final class Catalog implements CallReader {

    /** Replaces a probe's name where only digits are allowed. No provider starts its numbers at 0. */
    static final String NO_NUMBER = "0";

    private final ProviderDialect dialect;
    private final ReadingCache memo = new ReadingCache();

    Catalog(ProviderDialect dialect) {
        this.dialect = dialect;
    }

    /** Returns the provider's name, as resources and operations write it. */
    public String name() {
        return dialect.name();
    }

    /** Returns the protocols that it reads, as people call them: the provider's own first. */
    public List<String> protocols() {
        return dialect.protocols();
    }

    /** Returns whether GraphQL is answered at {@code path}. Refusals are then written in GraphQL's error format. */
    public boolean isGraphql(String path) {
        return dialect.isGraphql(path);
    }

    /**
     * Returns whether the operation at {@code method} and {@code path} has an opaque body: bytes that the gateway does
     * not parse.
     */
    public boolean isOpaque(String method, String path) {
        return dialect.isOpaque(method, path);
    }

    /**
     * Returns whether {@code location}, to which a read is redirected, is in the provider's own storage. The gateway
     * fetches from there in the agent's place.
     */
    public boolean isStorage(URI location) {
        return dialect.storage().stream().anyMatch(host -> host.holds(location));
    }

    /** Returns whether {@code method} at {@code path} is a push by Git, whose body says what it does. */
    public boolean isPush(String method, String path) {
        return dialect.isPush(method, path);
    }

    /** Returns {@code call} without what differs each time that it is sent, if it is a request of MCP. */
    public Optional<McpEnvelope> mcp(HttpCall call) {
        return dialect.mcp(call);
    }

    /**
     * Returns the error that MCP has for {@code call}, which {@link #read} rejects; empty if it is no message, or is
     * rejected for a reason that the protocol does not know.
     */
    public Optional<McpError> mcpError(HttpCall call) {
        return dialect.error(call);
    }

    /** Returns the tools that it lists, if it is that of an MCP server. */
    public Optional<McpTools> tools() {
        return dialect.tools();
    }

    /** Returns the places where credentials may travel at this provider. */
    public CarrierNames carriers() {
        return dialect.carriers();
    }

    /**
     * Reads what {@code call} means, or says that it has no single meaning. A GraphQL operation that the catalog does
     * not know is read as one of {@link Impact#UNKNOWN unknown} impact. An unknown argument or field of a known
     * operation is not understood. The same goes for a method and path that belong to no operation.
     */
    @Override
    public CallReading read(Call call) {
        return call instanceof HttpCall http
                ? memo.of(http, this::readAnew)
                : refused(CatalogRefusals.OTHER_PROTOCOL, Refusal.Finality.FINAL);
    }

    @Override
    public List<Action> attempted(Call call) {
        return call instanceof HttpCall http && explain(http) instanceof CallExplanation.ExplainedCall explained
                ? explained.actions().stream()
                        .map(CallExplanation.ExplainedAction::action)
                        .toList()
                : List.of();
    }

    @Override
    public Optional<Undo> undo(Json.Members kept) {
        return read(HttpCall.read(kept)) instanceof CallReading.CallMeaning meaning ? meaning.undo() : Optional.empty();
    }

    private static CallReading refused(RefusalText text, Refusal.Finality finality) {
        return new CallReading.CallRejection(text.reason(), text.next(), finality);
    }

    private CallReading readAnew(HttpCall call) {
        if (isPush(call.method(), call.path())) {
            try {
                return new CallReading.PushMeaning(dialect.push(call));
            } catch (UnknownCallException _) {
                return refused(CatalogRefusals.NO_PUSH, Refusal.Finality.RETRYABLE);
            }
        }
        return switch (explain(call)) {
            case CallExplanation.ExplainedCall(var judged, var outgoing, var standing, var undo, var redaction) ->
                new CallReading.CallMeaning(
                        judged.stream()
                                .map(CallExplanation.ExplainedAction::action)
                                .toList(),
                        outgoing,
                        standing,
                        undo,
                        redaction);
            case CallExplanation.UnexplainedCall(var reason, var next, var finality) ->
                new CallReading.CallRejection(reason, next, finality);
        };
    }

    /** Does the same as {@link #read}, and gives the reasons. */
    public CallExplanation explain(HttpCall call) {
        try {
            return dialect.read(call);
        } catch (UnknownCallException e) {
            return e.notUnderstood();
        }
    }

    /**
     * Returns a probe request that would destroy the resource {@code name}, which should not exist. It is checked by
     * reading it like any other call: it destroys something, and names nothing else. Empty if no operation of the
     * catalog can be called so simply.
     */
    public Optional<HttpCall> destructiveProbe(String name) {
        return dialect.destructiveProbes(name)
                .filter(call -> read(call) instanceof CallReading.CallMeaning understood
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
    public Optional<HttpCall> harmlessProbe(String name) {
        return dialect.asking(name)
                .filter(call -> read(call) instanceof CallReading.CallMeaning)
                .findFirst();
    }

    /** Returns the types of resources that hold data, which is lost with them. Empty if the file does not say. */
    public Set<String> dataTypes() {
        return dialect.holdsData();
    }

    /**
     * Returns the types of resources that the operations touch, each with an example identifier in the provider's form.
     * Types that paths name come first. Operations that name no resource concern {@code account/self}.
     */
    public Map<String, String> touchedTypes() {
        return dialect.touches();
    }

    /** Returns every known operation in the file's order; for GraphQL, queries first. */
    public List<OperationSummary> operations() {
        return dialect.operations();
    }
}
