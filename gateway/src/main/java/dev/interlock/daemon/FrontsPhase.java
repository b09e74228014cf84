package dev.interlock.daemon;

import dev.interlock.config.Config;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.http.HttpFront;
import dev.interlock.housekeeping.Housekeeping;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.housekeeping.Task;
import dev.interlock.listeners.FrontCertificate;
import dev.interlock.listeners.ProxyCa;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * The listeners for agents, and the probes that prove that they refuse.
 *
 * @param address the address where the front listens
 */
record FrontsPhase(HttpFront http, InetSocketAddress address, Probes probes) {

    /** Certificates are renewed days before they end. */
    private static final Duration CERTIFICATE_INTERVAL = Duration.ofMinutes(1);

    /** The authority certifies the hosts of the seal in force: another seal's hosts are certified within this time. */
    private static final Duration AUTHORITY_INTERVAL = Duration.ofSeconds(5);

    static FrontsPhase open(DaemonContext context, SealsPhase seals, DecisionPhase decision) throws IOException {
        Config config = context.config();
        HttpFront front = context.part(new HttpFront(
                decision.routes(),
                decision.gate(),
                decision.deriver(),
                decision.elevating(),
                decision.undoing(),
                decision.upstreams(),
                unread -> decision.gate()
                        .unread(unread.presented(), unread.place(), unread.asked(), unread.refusal(), unread.at()),
                context.clock()));
        // It is closed before the front, because the front waits for every request that is still being answered.
        context.part(decision.gate()::endWaits);
        InetSocketAddress address = listen(context, front);
        if (config.proxy()) {
            ProxyCa authority = new ProxyCa(
                    config.data(),
                    config.run(),
                    seals.inForce()::current,
                    front::enableTunnels,
                    context.clock(),
                    context.random());
            context.part(Housekeeping.start(Task.every(AUTHORITY_INTERVAL, "authority", authority::renew)));
        }
        Probes probes = new Probes(context.clock(), context.alerts(), name -> shut(front, name));
        return new FrontsPhase(front, address, probes);
    }

    private static InetSocketAddress listen(DaemonContext context, HttpFront front) throws IOException {
        Config config = context.config();
        Optional<FrontCertificate> certificate = config.tls().isEmpty()
                ? Optional.empty()
                : Optional.of(FrontCertificate.open(config.tls().get(), context.clock()));
        certificate.ifPresent(
                own -> context.part(Housekeeping.start(Task.every(CERTIFICATE_INTERVAL, "certificate", own::renew))));
        try {
            return certificate.isEmpty()
                    ? front.listen(config.listenAddress())
                    : front.listen(config.listenAddress(), certificate.get()::current);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; `listen` in `gateway.yaml` sets the " + "address", e);
        }
    }

    /**
     * Shuts the front {@code name}, or all of them: a request that the policies let through wrongly passes at any
     * front.
     */
    private static void shut(HttpFront front, String name) {
        front.endpoints().stream()
                .map(FrontEndpoint::front)
                .filter(open -> open.equals(name) || name.equals(ProbeScheduler.POLICY))
                .distinct()
                .forEach(front::shut);
    }
}
