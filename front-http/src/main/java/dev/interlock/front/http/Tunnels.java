package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.denied;

import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.front.tls.Vouchers;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The tunnels that one listener opens. They all end here: at their end the gateway answers as the host that was asked
 * for.
 *
 * <p>Threading: any.
 */
final class Tunnels {

    /** The port at which an unsealed host is accepted, to explain the refusal. */
    private static final int USUAL_PORT = 443;

    private final Routes routes;
    private final Supplier<Optional<Vouchers>> vouchers;
    private final boolean anyHost;

    /**
     * Creates tunnels to the hosts that {@code routes} know.
     *
     * @param vouchers the certificates that the clients of this listener trust; empty if there are none
     * @param anyHost whether clients trust them for every host, so that a tunnel to an unsealed host can explain the
     *     refusal
     */
    Tunnels(Routes routes, Supplier<Optional<Vouchers>> vouchers, boolean anyHost) {
        this.routes = routes;
        this.vouchers = vouchers;
        this.anyHost = anyHost;
    }

    /** A tunnel that may be opened, and the gateway's identity at its other end. */
    record Opened(Tunnel tunnel, ServerIdentity identity) {}

    static boolean isAskedFor(RequestHead head) {
        return head.method().equals("CONNECT");
    }

    /**
     * Opens the tunnel that {@code request}, a CONNECT, asks for.
     *
     * @throws UnreadableException if it is not opened; the connection must close, whatever follows
     */
    Opened open(WireRequest request, Listener listener) throws UnreadableException {
        RequestHead head = request.head();
        if (request.inflow().isPresent() || request.body().length() > 0 || head.has("transfer-encoding")) {
            throw broken("The CONNECT has a body.");
        }
        Origin origin = Origin.ofTunnel(head.target());
        List<String> hosts = head.values("host");
        // Some clients send none with a CONNECT. The request could not be for anything else.
        if (hosts.size() > 1 || !hosts.stream().allMatch(host -> isMeantBy(host, origin))) {
            throw broken("The Host of the CONNECT is not what it asks for.");
        }
        boolean sealed = isSealed(origin);
        Vouchers trusted =
                vouchers.get().orElseThrow(() -> denied(Refusals.unsealed("The gateway vouches for no host yet.")));
        ServerIdentity identity = trusted.of(origin.host(), sealed).orElseThrow(() -> denied(Refusals.tooManyHosts()));
        return new Opened(new Tunnel(origin, AttemptReader.presented(head, listener), head.target()), identity);
    }

    // Java's clients leave the port out.
    private static boolean isMeantBy(String host, Origin origin) {
        return origin.isMeantBy(host) || host.equalsIgnoreCase(origin.host());
    }

    /**
     * Returns whether {@code origin} is sealed. Throws if no tunnel may be opened to it, not even one to explain the
     * refusal.
     */
    private boolean isSealed(Origin origin) throws UnreadableException {
        return switch (routes.at(origin)) {
            case Routes.Unsealed(String why) -> throw denied(Refusals.unsealed(why));
            case Routes.Hosted(var upstreams) -> {
                if (upstreams.isEmpty() && origin.port() != USUAL_PORT) {
                    throw denied(Refusals.otherPort(origin));
                }
                if (upstreams.isEmpty() && !anyHost) {
                    throw denied(Refusals.unknownHost(origin));
                }
                yield !upstreams.isEmpty();
            }
        };
    }
}
