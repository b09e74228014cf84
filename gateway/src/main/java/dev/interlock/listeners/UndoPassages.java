package dev.interlock.listeners;

import dev.interlock.action.Call;
import dev.interlock.action.CallSession;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.catalog.mcp.McpEnvelope;
import dev.interlock.catalog.mcp.McpMethod;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.McpReader.SeparatedMessage;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.http.UpstreamRoutes.UpstreamRoute;
import dev.interlock.front.postgres.DatabaseUndo;
import dev.interlock.gate.UndoHandler;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Opens the ways of undos. To a server of MCP with sessions it is the session of the call, whose files no other one may
 * see; or, once that is over, a new one.
 */
public record UndoPassages(UpstreamClient upstreams, SealedRoutes routes, ResolverClient resolver, DatabaseUndo rows)
        implements UndoHandler.Passages {

    @Override
    public Upstream<?> to(Seal seal, Seal.Upstream upstream) {
        return DatabaseUndo.isFor(upstream)
                ? rows.passage(upstream)
                : upstreams.passage(routes.route(seal, upstream), Optional.empty());
    }

    @Override
    public Optional<UndoHandler.Passage> open(Seal seal, Seal.Upstream upstream, Json.Members kept) {
        UpstreamRoute route = routes.route(seal, upstream);
        HttpCall call = HttpCall.read(kept);
        Optional<McpEnvelope> envelope =
                route.mcp().separate(call, Optional.empty(), List.of()).map(_ -> McpEnvelope.of(call));
        if (envelope.isEmpty()) {
            return UndoHandler.Passages.super.open(seal, upstream, kept);
        }
        HttpCall alone = envelope.get().judged();
        try {
            if (envelope.get().isStateless() || lives(seal, upstream, call)) {
                return Optional.of(new SessionPassage(this, seal, upstream, route, call, false));
            }
            Optional<String> name = resolver.tell(seal, upstream, McpEnvelope.beginning(alone));
            HttpCall begun = name.map(own -> McpEnvelope.in(own, alone)).orElse(alone);
            resolver.tell(seal, upstream, McpEnvelope.plain(McpMethod.INITIALIZED, begun));
            return Optional.of(new SessionPassage(this, seal, upstream, route, begun, name.isPresent()));
        } catch (IOException _) { // the refusal says it
            return Optional.empty();
        }
    }

    private boolean lives(Seal seal, Seal.Upstream upstream, HttpCall call) {
        try {
            resolver.tell(seal, upstream, McpEnvelope.plain(McpMethod.PING, call));
            return true;
        } catch (IOException _) { // it is over, or there was none
            return false;
        }
    }

    /** @param call a call in its session */
    private record SessionPassage(
            UndoPassages passages, Seal seal, Seal.Upstream upstream, UpstreamRoute route, HttpCall call, boolean isOwn)
            implements UndoHandler.Passage {

        private SeparatedMessage message(Call other) {
            return route.mcp()
                    .separate(HttpCall.of(other), Optional.empty(), List.of())
                    .orElseThrow();
        }

        @Override
        public CallSession session() {
            return message(call);
        }

        @Override
        public Upstream<?> to(Call restoration) {
            Call within =
                    session().within(restoration).orElse(restoration); // what is withheld is refused when it is sent
            return passages.upstreams.passage(route, Optional.of(message(within)));
        }

        @Override
        public void close() {
            if (isOwn) {
                try {
                    passages.resolver.tell(seal, upstream, McpEnvelope.ending(call));
                } catch (IOException _) { // the server ends it by itself, later
                }
            }
        }
    }
}
