package dev.interlock.catalog;

import dev.interlock.action.Refusal.Finality;

/** Ends the classification of a message that is not as MCP says. */
final class McpFaultException extends UnknownCallException {

    private final McpFault fault;

    McpFaultException(McpFault fault, String reason, String next) {
        this(fault, reason, next, Finality.RETRYABLE);
    }

    private McpFaultException(McpFault fault, String reason, String next, Finality finality) {
        super(reason, next, finality);
        this.fault = fault;
    }

    /** Returns the exception for a method that no message can have here. */
    static McpFaultException unknownMethod(String reason, String next) {
        return new McpFaultException(McpFault.UNKNOWN_METHOD, reason, next, Finality.FINAL);
    }

    McpFault fault() {
        return fault;
    }
}
