package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.denied;

import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.front.tls.Vouchers;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The tunnels that one door opens. They all end here: behind each, the gateway answers as the host that was asked for.
 *
 * <p>Threading: any.
 */
final class Tunnels {

    /** Where a host is looked for that nobody has sealed. */
    private static final int USUAL_PORT = 443;

    private final Routes routes;
    private final Supplier<Optional<Vouchers>> vouchers;
    private final boolean anyHost;

    /**
     * Tunnels to what {@code routes} know.
     *
     * @param vouchers whom the clients of this door trust; nobody, perhaps
     * @param anyHost whether they believe it about every host, so that they can be told there which are not sealed
     */
    Tunnels(Routes routes, Supplier<Optional<Vouchers>> vouchers, boolean anyHost) {
        this.routes = routes;
        this.vouchers = vouchers;
        this.anyHost = anyHost;
    }

    /** A tunnel that may be opened, and who the gateway is at its other end. */
    record Opened(Tunnel tunnel, ServerIdentity identity) {}

    static boolean isAskedFor(RequestHead head) {
        return head.method().equals("CONNECT");
    }

    /**
     * Opens what {@code request}, a CONNECT, asks for.
     *
     * @throws UnreadableException if that is not opened; the connection must close, whatever follows
     */
    Opened open(WireRequest request, Listener listener) throws UnreadableException {
        RequestHead head = request.head();
        if (request.inflow().isPresent() || request.body().length() > 0 || head.has("transfer-encoding")) {
            throw broken("The CONNECT has a body.");
        }
        Origin origin = Origin.ofTunnel(head.target());
        List<String> hosts = head.values("host");
        // Some clients send none with a CONNECT; there is nothing else that the request could be for.
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

    /** Throws if there is no tunnel to {@code origin}, not even one in which its client is told so. */
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
