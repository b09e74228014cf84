package dev.interlock.daemon;

import dev.interlock.config.Config;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.http.HttpFront;
import dev.interlock.housekeeping.Housekeeping;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.housekeeping.Task;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.identity.RemoteMachines;
import dev.interlock.listeners.FrontCertificate;
import dev.interlock.listeners.ProxyCa;
import dev.interlock.listeners.RemoteAuthority;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * The listeners for agents, and the probes that prove that they refuse.
 *
 * @param address the address where the front listens
 * @param remote the authority of the listener for remote machines, if there is one
 */
record FrontsPhase(HttpFront http, InetSocketAddress address, Optional<RemoteAuthority> remote, Probes probes) {

    /** Certificates are renewed days before they end. */
    private static final Duration CERTIFICATE_INTERVAL = Duration.ofMinutes(1);

    /** The authority certifies the hosts of the seal in force: another seal's hosts are certified within this time. */
    private static final Duration AUTHORITY_INTERVAL = Duration.ofSeconds(5);

    static FrontsPhase open(DaemonContext context, StoresPhase stores, SealsPhase seals, DecisionPhase decision)
            throws IOException {
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
        Optional<RemoteAuthority> remote = listenRemotely(context, stores, front);
        Probes probes = new Probes(context.clock(), context.alerts(), name -> shut(front, name));
        return new FrontsPhase(front, address, remote, probes);
    }

    private static Optional<RemoteAuthority> listenRemotely(DaemonContext context, StoresPhase stores, HttpFront front)
            throws IOException {
        Config config = context.config();
        if (config.remote().isEmpty()) {
            return Optional.empty();
        }
        RemoteMachines machines = stores.leases().machines();
        RemoteAuthority authority = RemoteAuthority.open(
                config.remote().get(),
                config.data(),
                fingerprint -> machines.withCertificate(fingerprint).map(RemoteMachine::id),
                context.clock(),
                context.random());
        context.part(Housekeeping.start(Task.every(CERTIFICATE_INTERVAL, "remote", authority::renew)));
        try {
            front.listenRemotely(config.remote().get().listenAddress(), authority::identity, authority::machine);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; `remote.listen` in `gateway.yaml` sets the address", e);
        }
        return Optional.of(authority);
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
        if (name.equals(ProbeScheduler.POLICY)) {
            front.shutRemote();
        }
        front.endpoints().stream()
                .map(FrontEndpoint::front)
                .filter(open -> open.equals(name) || name.equals(ProbeScheduler.POLICY))
                .distinct()
                .forEach(front::shut);
    }
}
