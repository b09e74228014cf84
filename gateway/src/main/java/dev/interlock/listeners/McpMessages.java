package dev.interlock.listeners;

import dev.interlock.action.HttpCall;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.McpEnvelope;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.McpReader;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** Reads messages of MCP by a catalog. */
record McpMessages(Catalog catalog) implements McpReader {

    @Override
    public Optional<SeparatedMessage> separate(HttpCall call) {
        return catalog.mcp(call).map(Separated::new);
    }

    private record Separated(McpEnvelope envelope) implements SeparatedMessage {

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
        public HttpCall restored(HttpCall outgoing) {
            return envelope.restored(outgoing);
        }
    }
}
