package dev.interlock.listeners;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.McpEnvelope;
import dev.interlock.catalog.ToolList;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.McpReader;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * Reads messages of MCP by a catalog.
 *
 * @param server what is known of the server's tools
 */
record McpMessages(Catalog catalog, ToolQuarantine.Server server) implements McpReader {

    @Override
    public Optional<SeparatedMessage> separate(HttpCall call) {
        return catalog.mcp(call).map(envelope -> new Separated(envelope, server));
    }

    private record Separated(McpEnvelope envelope, ToolQuarantine.Server server) implements SeparatedMessage {

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
            return envelope.id()
                    .map(id -> id instanceof Value.Numeric(BigDecimal number)
                            ? new Json.Whole(number.longValueExact())
                            : new Json.Text(id.scalar().orElseThrow()));
        }

        @Override
        public boolean isToolCall() {
            return envelope.isToolCall();
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
                    .map(tool -> new Check(server, tool, outgoing));
        }

        @Override
        public ShownList shown(Bytes message) {
            return switch (ToolList.read(message)) {
                case ToolList.ListOfTools(ToolList list) -> {
                    server.note(list);
                    yield new Shown(list.written(server::isShown));
                }
                case ToolList.ListError(Bytes error) -> new Shown(error);
                case ToolList.OtherMessage _ -> new Skipped();
                case ToolList.Unreadable _ -> new Withheld();
            };
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
        private final HttpCall outgoing;
        private Optional<HttpCall> next;
        private int pages;
        private boolean isListed;
        private boolean isWhole;

        Check(ToolQuarantine.Server server, String tool, HttpCall outgoing) {
            this.server = server;
            this.tool = tool;
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
                    .or(() -> isListed && isWhole ? Optional.empty() : Optional.of(server.unseen(tool)));
        }
    }
}
