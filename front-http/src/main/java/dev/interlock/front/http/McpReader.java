package dev.interlock.front.http;

import dev.interlock.action.HttpCall;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Reads which requests to an upstream are messages of MCP. */
public interface McpReader {

    /** No message to anywhere. */
    McpReader NONE = _ -> Optional.empty();

    /** Returns {@code call} without what differs each time that it is sent, if it is a request of MCP. */
    Optional<SeparatedMessage> separate(HttpCall call);

    /** A request of MCP, without what differs each time that it is sent. */
    interface SeparatedMessage {

        /** Returns the call that is judged. */
        HttpCall judged();

        /** Returns the texts that were taken out. */
        List<String> perTry();

        /**
         * Returns the identifier of the message; empty if nobody waits for an answer to it, or it is not understood.
         */
        Optional<Json> id();

        /** Returns whether it calls a tool. */
        boolean isToolCall();

        /** Returns {@code outgoing}, which was written for the call that is judged, with what was taken out. */
        HttpCall restored(HttpCall outgoing);
    }
}
