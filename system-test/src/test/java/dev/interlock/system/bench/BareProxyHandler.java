package dev.interlock.system.bench;

import dev.interlock.action.Attempt;
import dev.interlock.action.Header;
import dev.interlock.front.git.PushAdmission;
import dev.interlock.front.http.GatewayRequests;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.McpReader;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.front.http.UpstreamServer;
import dev.interlock.gate.Credential;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.Handler;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.Upstream;
import dev.interlock.gate.WhoamiRequests;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Our own front and upstream client with nothing between them: no lease, no catalog, no policy, no ledger. The
 * remaining time is the cost of a hop with this I/O library.
 */
final class BareProxyHandler implements Handler {

    private BareProxyHandler() {}

    /** Takes {@code PORT UPSTREAM}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        URI upstream = URI.create(arguments[1]);
        UpstreamRoutes routes = _ -> new UpstreamRoutes.UpstreamRoute(
                new UpstreamServer(upstream, Optional.empty(), false, false),
                UpstreamRoutes.ExtraCarriers.USUAL,
                _ -> false,
                (_, _) -> false,
                _ -> false,
                PushAdmission.NONE,
                McpReader.NONE);
        ElevationRequests nothing = _ -> {
            throw new AssertionError("nobody asks");
        };
        UndoRequests neither = _ -> {
            throw new AssertionError("nobody asks");
        };
        WhoamiRequests noOne = (_, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        PlanRequests unplanned = _ -> {
            throw new AssertionError("nobody asks");
        };
        LeaseDeriver nobody = (_, _, _, _) -> {
            throw new UnsupportedOperationException("there are no leases here");
        };
        HttpFront front = new HttpFront(
                routes,
                new BareProxyHandler(),
                new GatewayRequests(nobody, nothing, neither, noOne, unplanned),
                new UpstreamClient(),
                _ -> "",
                Clock.systemUTC());
        front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])));
        System.out.println("ready");
        new CountDownLatch(1).await();
    }

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        try {
            Credential credential = _ -> Optional.of(new Header("authorization", "Bearer bare-hop"));
            return new Outcome.Forwarded<>("R-0", upstream.forward(attempt.call(), credential), () -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
