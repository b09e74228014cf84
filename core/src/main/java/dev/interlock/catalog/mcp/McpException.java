package dev.interlock.catalog.mcp;

import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal.Finality;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.evidence.Json;
import java.util.Optional;
import java.util.stream.Stream;

/** Reports a message that is not as MCP says, where the protocol has an error of its own for it. */
public final class McpException extends UnreadableException {
    private static final long serialVersionUID = 1;
    private static final int OK = 200;

    /** What can be wrong with a message so that MCP has an error of its own for it, as of 2026-07-28. */
    public enum Fault {
        /** The head says anything else than the message. */
        HEADER_MISMATCH(400, -32020),
        /** Each message says its version, and this one is of none that messages can have here. */
        UNSUPPORTED_VERSION(400, -32022),
        /** There is no such method, or the catalog does not list it. */
        UNKNOWN_METHOD(404, -32601),
        /** What the protocol needs of the parameters is missing, or has another form. */
        INVALID_PARAMS(400, -32602);

        private final int status;
        private final int code;

        Fault(int status, int code) {
            this.status = status;
            this.code = code;
        }

        /** Returns the error in a session. Clients take a status other than 200 for a broken connection. */
        McpError inSession() {
            return new McpError(OK, code, Json.object());
        }

        /**
         * Returns the error for the message that {@code call} carries. Empty if its version has none: before 2026-07-28
         * only the method can be wrong.
         */
        Optional<McpError> error(HttpCall call, McpMessage message) {
            if (!McpHeaders.isStateless(call, message)) {
                return this == UNKNOWN_METHOD ? Optional.of(inSession()) : Optional.empty();
            }
            Json.Members details = this == UNSUPPORTED_VERSION
                    ? Json.object()
                            .withTexts("supported", Stream.of(McpHeaders.STATELESS))
                            .withOptional("requested", call.header(McpHeaders.VERSION))
                    : Json.object();
            return Optional.of(new McpError(status, code, details));
        }
    }

    private final Fault fault;

    McpException(Fault fault, String reason, String next) {
        super(reason, next);
        this.fault = fault;
    }

    private McpException(String reason, String next) {
        super(reason, next, Finality.FINAL);
        this.fault = Fault.UNKNOWN_METHOD;
    }

    /** Returns the exception for a method that no message can have here. */
    public static McpException unknownMethod(String reason, String next) {
        return new McpException(reason, next);
    }

    /** Returns the error that MCP has for {@code call}, if it is a message and its version knows what is wrong. */
    public Optional<McpError> error(HttpCall call) {
        try {
            return fault.error(call, McpMessage.read(JsonRpc.read(call.body())));
        } catch (UnreadableException _) {
            return Optional.empty();
        }
    }
}
