package dev.interlock.catalog;

import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.OperationSummary;
import dev.interlock.catalog.mcp.McpEnvelope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads the calls of one provider in its protocol. */
sealed interface ProviderDialect permits GraphqlDialect, McpDialect, RestDialect {

    /** Returns the provider's name. */
    String name();

    /** Returns the protocols that it reads, as people call them. */
    List<String> protocols();

    CarrierNames carriers();

    /** Returns whether GraphQL is answered at {@code path}. */
    boolean isGraphql(String path);

    /** Returns whether the operation at {@code method} and {@code path} has a body that the gateway does not parse. */
    boolean isOpaque(String method, String path);

    /** Returns the hosts of the provider's own storage. */
    default List<StorageHost> storage() {
        return List.of();
    }

    /** Returns whether {@code method} at {@code path} is a push by Git. */
    default boolean isPush(String method, String path) {
        return false;
    }

    /**
     * Returns how a push is judged. Call it only if {@link #isPush} says so.
     *
     * @throws UnknownCallException if the request has no single meaning
     */
    default PushRules push(HttpCall call) {
        throw new IllegalStateException("not a push: " + call.path());
    }

    /** Returns the message of MCP that {@code call} is, if it is one. */
    default Optional<McpEnvelope> mcp(HttpCall call) {
        return Optional.empty();
    }

    /** Returns the error that MCP has for {@code call}, if it is a message that is not as the protocol says. */
    default Optional<McpError> error(HttpCall call) {
        return Optional.empty();
    }

    /** Returns the tools that it lists, if it is that of an MCP server. */
    default Optional<McpTools> tools() {
        return Optional.empty();
    }

    /**
     * Returns what {@code call} means, and why.
     *
     * @throws UnknownCallException if it has no single meaning
     */
    CallExplanation.ExplainedCall read(HttpCall call);

    List<OperationSummary> operations();

    /** Returns the types of resources that hold data. */
    Set<String> holdsData();

    /** Returns the types of resources that operations touch, each with an example identifier in the provider's form. */
    Map<String, String> touches();

    /**
     * Returns candidate requests that may destroy something. Each asks for one operation on the resource {@code name}.
     */
    Stream<HttpCall> destructiveProbes(String name);

    /**
     * Returns candidate requests that may be understood, the simplest first. Each asks for one operation on the
     * resource {@code name}.
     */
    Stream<HttpCall> asking(String name);
}
