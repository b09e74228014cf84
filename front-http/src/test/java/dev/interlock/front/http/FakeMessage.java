package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.McpError;
import dev.interlock.action.Refusal;
import dev.interlock.action.SessionTarget;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** A request of MCP to which nothing special happens. */
interface FakeMessage extends McpReader.SeparatedMessage {

    @Override
    default HttpCall judged() {
        throw new UnsupportedOperationException();
    }

    @Override
    default HttpCall restored(HttpCall outgoing) {
        return outgoing;
    }

    @Override
    default Optional<Json> progressToken() {
        return Optional.empty();
    }

    @Override
    default List<String> perTry() {
        return List.of();
    }

    @Override
    default Optional<McpError> error(Refusal refusal) {
        return Optional.empty();
    }

    @Override
    default boolean isAnsweredBy(String id) {
        return true;
    }

    @Override
    default boolean listsTools() {
        return false;
    }

    @Override
    default Optional<Refusal> sent() {
        return Optional.empty();
    }

    @Override
    default Optional<SessionTarget> target() {
        return Optional.empty();
    }

    @Override
    default void begun(String session) {}

    @Override
    default void answered() {}

    @Override
    default McpReader.AskedMessage asked(Bytes message) {
        return new McpReader.PassedMessage();
    }

    @Override
    default Optional<Refusal> quarantine() {
        return Optional.empty();
    }

    @Override
    default Optional<McpReader.ToolCheck> check(HttpCall outgoing, boolean isRead) {
        return Optional.empty();
    }

    @Override
    default McpReader.ShownList shown(Bytes message) {
        return new McpReader.Shown(message);
    }
}
