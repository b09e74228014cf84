package dev.interlock;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.gate.Credential;
import dev.interlock.inventory.Asker;
import dev.interlock.policy.SealsInForce;
import dev.interlock.vault.Keys;
import dev.interlock.vault.Opening;
import java.io.IOException;

/** The inventory's questions, sent under the upstream's resolver credential, which only reads. */
final class ResolverAsker implements Asker {

    private final SealsInForce seals;
    private final Keys keys;
    private final SealedRoutes routes;
    private final UpstreamClient upstreams;

    ResolverAsker(SealsInForce seals, Keys keys, SealedRoutes routes, UpstreamClient upstreams) {
        this.seals = seals;
        this.keys = keys;
        this.routes = routes;
        this.upstreams = upstreams;
    }

    @Override
    public Bytes ask(Seal.Upstream upstream, HttpCall query) throws IOException {
        Seal seal = seals.current().orElseThrow(() -> new IOException("no seal is in force"));
        return switch (keys.resolver(seal.id(), upstream.name())) {
            case Opening.Shut(String reason) -> throw new IOException(reason);
            case Opening.Unneeded _ -> throw new IOException("the seal names no resolver for this upstream");
            case Opening.Opened(var credential) ->
                upstreams.ask(routes.route(seal, upstream), query, Credential.of(credential));
        };
    }
}
