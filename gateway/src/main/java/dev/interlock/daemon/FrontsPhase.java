package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.config.Config;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.http.GatewayRequests;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.postgres.ClientTls;
import dev.interlock.front.postgres.PostgresFront;
import dev.interlock.front.postgres.UpstreamTls;
import dev.interlock.front.tls.TrustedRoots;
import dev.interlock.housekeeping.ExpiryAlerts.Expiry;
import dev.interlock.housekeeping.Housekeeping;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.housekeeping.Task;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.identity.RemoteMachines;
import dev.interlock.listeners.FrontCertificate;
import dev.interlock.listeners.ProxyCa;
import dev.interlock.listeners.RemoteAuthority;
import dev.interlock.readiness.RemoteListenerStatus;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocketFactory;

/** The listeners for agents, the certificates to watch, and the probes that prove that they refuse. */
record FrontsPhase(
        HttpFront http,
        InetSocketAddress address,
        Optional<RemoteAuthority> remote,
        Supplier<List<Expiry>> certificates,
        Probes probes,
        Optional<PostgresFront> postgres,
        Supplier<Optional<String>> databases) {

    private static final System.Logger LOG = System.getLogger(FrontsPhase.class.getName());

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
                new GatewayRequests(
                        decision.deriver(),
                        decision.elevating(),
                        decision.undoing(),
                        decision.whoami(),
                        decision.planner()),
                decision.upstreams(),
                unread -> unread.isProbe()
                        ? decision.gate().unreadProbe(unread.refusal())
                        : decision.gate()
                                .unread(
                                        unread.presented(),
                                        unread.place(),
                                        unread.asked(),
                                        unread.refusal(),
                                        unread.at()),
                context.clock(),
                context.data("bodies")));
        // It is closed before the front, because the front waits for every request that is still being answered.
        context.part(decision.gate()::endWaits);
        Optional<FrontCertificate> certificate = certificate(context);
        InetSocketAddress address = listen(config, front, certificate);
        Optional<PostgresFront> postgres = config.postgres().isPresent()
                ? Optional.of(listenForPostgres(context, seals, decision, certificate))
                : Optional.empty();
        Supplier<Optional<String>> databases =
                () -> postgres.map(open -> open.listeners().contains(PostgresFront.SHARED)
                        ? config.postgres().orElseThrow()
                                + (certificate.isPresent() ? ", TLS, on loopback in the clear too" : ", in the clear")
                                + decision.resolvers().quarantines().values().stream()
                                        .map(kept -> ", in quarantine: " + kept)
                                        .collect(Collectors.joining())
                        : "SHUT");
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
        Probes probes = new Probes(context.clock(), context.alerts(), name -> shut(front, postgres, name));
        return new FrontsPhase(
                front,
                address,
                remote,
                () -> watched(certificate, remote, stores.leases().machines()),
                probes,
                postgres,
                databases);
    }

    private static PostgresFront listenForPostgres(
            DaemonContext context, SealsPhase seals, DecisionPhase decision, Optional<FrontCertificate> certificate)
            throws IOException {
        try {
            return context.part(PostgresFront.listen(
                    context.config().postgresAddress().orElseThrow(),
                    () -> seals.inForce().current().stream()
                            .flatMap(seal -> seal.upstreams().values().stream())
                            .toList(),
                    decision.gate(),
                    certificate.map(own -> (socket, read) -> own.current().accept(socket, read, ClientTls.ALPN)),
                    cached(TrustedRoots::sockets),
                    context.clock(),
                    context.random()));
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; `postgres` in `gateway.yaml` sets the address", e);
        }
    }

    /** Reads the trusted roots once, and lets sessions resume. */
    private static UpstreamTls cached(UpstreamTls tls) {
        Map<Optional<String>, SSLSocketFactory> known = new ConcurrentHashMap<>();
        return ca -> {
            SSLSocketFactory sockets = known.get(ca);
            if (sockets == null) {
                sockets = tls.trusting(ca);
                known.put(ca, sockets);
            }
            return sockets;
        };
    }

    Optional<RemoteListenerStatus> remoteStatus(Config config, RemoteMachines machines) {
        return remote.map(authority -> new RemoteListenerStatus(
                config.remote().orElseThrow().names(),
                http::remoteAddress,
                () -> authority.identity().ends(),
                machines::all));
    }

    private static Optional<RemoteAuthority> listenRemotely(DaemonContext context, StoresPhase stores, HttpFront front)
            throws IOException {
        Config config = context.config();
        if (config.remote().isEmpty()) {
            return Optional.empty();
        }
        RemoteMachines machines = stores.leases().machines();
        RemoteAuthority authority = new RemoteAuthority(
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

    /** Returns the certificates that end some day. Machines that have ended are not among them. */
    private static List<Expiry> watched(
            Optional<FrontCertificate> certificate, Optional<RemoteAuthority> remote, RemoteMachines machines) {
        List<Expiry> all = new ArrayList<>();
        certificate
                .map(own -> own.current().certificate())
                .ifPresent(own -> all.add(watched(
                        "the listener for agents",
                        own.getNotBefore().toInstant(),
                        own.getNotAfter().toInstant(),
                        Alert.Severity.ALARM,
                        "put a renewed one into the files of `tls` in `gateway.yaml`.")));
        remote.ifPresent(own -> all.add(Expiry.ofCertificate(
                "the listener for remote machines",
                own.identity().ends(),
                RemoteAuthority.OVERDUE,
                Alert.Severity.ALARM,
                "the gateway could not renew it; its log says why.")));
        if (remote.isPresent()) {
            machines.all()
                    .forEach(machine -> all.add(watched(
                            "the remote machine `" + machine.id() + "` of "
                                    + machine.request().agent(),
                            machine.added(),
                            machine.expires(),
                            Alert.Severity.WARNING,
                            "run `interlock remote renew " + machine.id() + "`.")));
        }
        return all;
    }

    private static Expiry watched(String owner, Instant issued, Instant expires, Alert.Severity last, String next) {
        return Expiry.ofCertificate(owner, expires, Expiry.before(issued, expires), last, next);
    }

    private static Optional<FrontCertificate> certificate(DaemonContext context) throws IOException {
        if (context.config().tls().isEmpty()) {
            return Optional.empty();
        }
        FrontCertificate own = FrontCertificate.open(context.config().tls().get(), context.clock());
        context.part(Housekeeping.start(Task.every(CERTIFICATE_INTERVAL, "certificate", own::renew)));
        return Optional.of(own);
    }

    private static InetSocketAddress listen(Config config, HttpFront front, Optional<FrontCertificate> certificate)
            throws IOException {
        try {
            return certificate.isEmpty()
                    ? front.listen(config.listenAddress())
                    : front.listen(config.listenAddress(), certificate.get()::current);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; `listen` in `gateway.yaml` sets the address", e);
        }
    }

    private static void shut(PostgresFront open, String listener) {
        try {
            open.shut(listener);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a listener for databases could not be closed cleanly", e);
        }
    }

    /** Shuts the front {@code name}, or all: what the policies let through wrongly passes at any front. */
    private static void shut(HttpFront front, Optional<PostgresFront> postgres, String name) {
        postgres.ifPresent(open -> open.listeners().stream()
                .filter(listener -> listener.equals(name) || name.equals(ProbeScheduler.POLICY))
                .forEach(listener -> shut(open, listener)));
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
