package dev.interlock.front.http;

import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.CallSession;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Reads which requests to an upstream are messages of MCP. */
public interface McpReader {

    /** No message to anywhere. */
    McpReader NONE = (_, _, _) -> Optional.empty();
    /** Returns {@code call} without what differs each time that it is sent, if it is a request of MCP. */
    Optional<SeparatedMessage> separate(HttpCall call, Optional<String> place, List<PresentedCredential> presented);

    /** A request of MCP, without what differs each time that it is sent. */
    interface SeparatedMessage extends CallSession {

        HttpCall judged();

        List<String> perTry();
        /** Returns its identifier; empty if nobody waits for an answer to it, or it is not understood. */
        Optional<Json> id();
        /** Returns the identifier under which its client waits for reports of progress, if it does. */
        Optional<Json> progressToken();
        /** Returns whether it waits for the result of a tool, in which a model reads a refusal. */
        boolean isToolCall();

        boolean listsTools();
        /** Returns the error of the protocol's own that {@code refusal} of it is, if the protocol has one. */
        Optional<McpError> error(Refusal refusal);

        /**
         * Notes that it is about to be sent. Returns why it may not be: an answer to the server may be sent once, and
         * only if the server has asked for it. And only who was given a task may ask for it.
         */
        Optional<Refusal> sent();
        /** Notes that the answer to it names {@code session}. */
        void begun(String session);
        /** Notes that the answer to it has come whole, or that it was not sent. */
        void answered();
        /** Returns whether a message that answers {@code id}, the text of a JSON value, may be in the answer to it. */
        boolean isAnsweredBy(String id);

        /**
         * Decides about {@code message} of the answer to it. In it the server asks its client for something, says
         * something of a task, or says what itself can do.
         */
        AskedMessage asked(Bytes message);

        Optional<Refusal> quarantine();

        /**
         * Returns the check that must end before a pinned tool is called. For one that only reads, a recent one counts.
         */
        Optional<ToolCheck> check(HttpCall outgoing, boolean isRead);

        /**
         * Returns what goes to the client of one message of an answer to it. Call it only if this asks for the tools.
         */
        ShownList shown(Bytes message);
        /** Returns {@code outgoing}, which was written for the call that is judged, with what was taken out. */
        HttpCall restored(HttpCall outgoing);
    }

    sealed interface AskedMessage {}

    /** The client gets it. */
    record PassedMessage() implements AskedMessage {}
    /** The client gets this in its place. */
    record ReplacedMessage(Bytes other) implements AskedMessage {}
    /** The client's request is refused with it. */
    record RefusedMessage(Refusal refusal) implements AskedMessage {}
    /** The answer breaks off. */
    record EndingMessage() implements AskedMessage {}

    sealed interface ShownList {}

    /** This text is the answer. */
    record Shown(Bytes message) implements ShownList {}
    /** It is no answer, and does not go. */
    record Skipped() implements ShownList {}
    /** It cannot be read, so nothing goes. */
    record Withheld() implements ShownList {}

    interface ToolCheck {

        /** Returns the next question; empty if the list was read to its end, or a page of it could not be read. */
        Optional<HttpCall> question();

        boolean isAnswer(Bytes message);

        Optional<Refusal> refusal();
    }
}
