package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;
import static dev.interlock.front.http.UnreadableRequestException.denied;
import static dev.interlock.front.http.UnreadableRequestException.unauthenticated;

import dev.interlock.action.Attempt;
import dev.interlock.front.tls.HostCertificates;
import dev.interlock.front.tls.ServerIdentity;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The tunnels that one listener opens. They all end here: there the gateway answers as the host that was asked for.
 *
 * @param vouchers the certificates that the clients of this listener trust; empty if there are none
 * @param anyHost whether they are trusted for every host, so that a tunnel to an unsealed one can explain the refusal
 */
record ProxyTunnels(UpstreamRoutes routes, Supplier<Optional<HostCertificates>> vouchers, boolean anyHost) {

    /** The port at which an unsealed host is accepted, to explain the refusal. */
    private static final int USUAL_PORT = 443;

    static boolean isAskedFor(RequestHead head) {
        return head.method().equals("CONNECT");
    }

    ProxyTunnel open(WireRequest request, FrontListener listener) throws UnreadableRequestException {
        RequestHead head = request.head();
        if (request.inflow().isPresent() || request.body().length() > 0 || head.has("transfer-encoding")) {
            throw broken(FrontRefusals.TUNNEL_BODY);
        }
        UpstreamOrigin origin = UpstreamOrigin.ofTunnel(head.target());
        List<String> hosts = head.values("host");
        // Some clients send none with a CONNECT: the request could not be for anything else. Java's omit the port.
        if (hosts.size() > 1
                || !hosts.stream().allMatch(host -> origin.isMeantBy(host) || host.equalsIgnoreCase(origin.host()))) {
            throw broken(FrontRefusals.TUNNEL_HOST);
        }
        boolean sealed = isSealed(origin);
        List<Attempt.PresentedCredential> presented = AttemptReader.presented(head, listener);
        if (presented.isEmpty() && !listener.provesLease()) {
            throw unauthenticated();
        }
        HostCertificates trusted = vouchers.get()
                .orElseThrow(() -> denied(FrontRefusals.unsealed("The gateway has no certificates for any host yet.")));
        ServerIdentity identity =
                trusted.of(origin.host(), sealed).orElseThrow(() -> denied(FrontRefusals.TOO_MANY_HOSTS.unavailable()));
        return new ProxyTunnel(origin, presented, head.target(), identity, new AtomicBoolean());
    }

    /** Returns whether {@code origin} is sealed. Throws if no tunnel may be opened to it, not even to explain that. */
    private boolean isSealed(UpstreamOrigin origin) throws UnreadableRequestException {
        return switch (routes.at(origin)) {
            case UpstreamRoutes.NoSealInForce(String why) -> throw denied(FrontRefusals.unsealed(why));
            case UpstreamRoutes.OriginRoutes(var upstreams) -> {
                if (upstreams.isEmpty() && origin.port() != USUAL_PORT) {
                    throw denied(FrontRefusals.otherPort(origin));
                }
                if (upstreams.isEmpty() && !anyHost) {
                    throw denied(FrontRefusals.unknownHost(origin));
                }
                yield !upstreams.isEmpty();
            }
            case UpstreamRoutes.WebRoute _ -> {
                if (!anyHost) {
                    throw denied(FrontRefusals.unknownHost(origin));
                }
                yield false; // agents choose these hosts: their certificates must not fill the memory
            }
        };
    }
}
