package dev.interlock.catalog;

import java.util.Arrays;
import java.util.Optional;

/** What a server of MCP may ask its client for, where the catalog lists it. A {@code ping} needs no line. */
enum McpAsk {
    SAMPLING("sampling/createMessage", "sampling"),
    ELICITATION("elicitation/create", "elicitation"),
    ROOTS("roots/list", "roots");

    private final String text;
    private final String capability;

    /**
     * @param text the method of the request
     * @param capability the ability that clients declare for it
     */
    McpAsk(String text, String capability) {
        this.text = text;
        this.capability = capability;
    }

    static Optional<McpAsk> find(String text) {
        return Arrays.stream(values()).filter(ask -> ask.text.equals(text)).findFirst();
    }

    String text() {
        return text;
    }

    String capability() {
        return capability;
    }
}
