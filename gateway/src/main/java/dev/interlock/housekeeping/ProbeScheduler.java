package dev.interlock.housekeeping;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.UnderstoodCall;
import dev.interlock.action.Verdict;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.postgres.PostgresFront;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Leases;
import dev.interlock.policy.Policies;
import dev.interlock.watch.Probe;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Sends probes. Under each new seal it sends all of them through the fronts that everybody shares. Then, every few
 * minutes, it sends one in turn through each endpoint, those of runs included. A probe that did not pass is sent again
 * in the next run. To be run every few seconds.
 *
 * <p>Threading: one thread.
 */
public final class ProbeScheduler implements Runnable {

    /** The time between two turns: for so long a front that stopped refusing is trusted. 300 receipts a day each. */
    static final Duration INTERVAL = Duration.ofMinutes(5);
    /** The name, in the place of a front's, under which the sealed policies themselves are probed. */
    public static final String POLICY = "policy";
    /** The name of the resource that a probe asks to destroy: nothing has this name. */
    private static final String MADE_UP = "interlock-probe";

    private static final int RANDOM_BYTES = 24;

    private final Supplier<Optional<Seal>> seals;
    private final Catalogs catalogs;
    private final Policies policies;
    private final HttpFront front;
    private final Optional<PostgresFront> databases;
    private final Probes probes;
    private final InstantSource clock;
    private final Leases.ProbeTokens worthless;
    private final Secret foreign;
    private String seal = "";
    private Map<String, Target> targets = Map.of();
    private final LongSupplier nanos;
    private long next;
    private int turn;

    private record Target(Call call, Call outgoing, List<Action> actions) {
        boolean destroys() {
            return actions.stream().anyMatch(action -> action.has(Impact.DESTROY));
        }
    }

    /** A kind of caller without a valid lease, and the refusal that it must get, with the status of the answer. */
    private record ProbeCaller(String carrying, Optional<Secret> credential, Refusal expected, int status) {}

    public ProbeScheduler(
            Supplier<Optional<Seal>> seals,
            Catalogs catalogs,
            Policies policies,
            Leases leases,
            HttpFront front,
            Optional<PostgresFront> databases,
            Probes probes,
            InstantSource clock,
            LongSupplier nanos) {
        this.seals = seals;
        this.catalogs = catalogs;
        this.policies = policies;
        this.front = front;
        this.databases = databases;
        this.probes = probes;
        this.clock = clock;
        this.nanos = nanos;
        this.next = nanos.getAsLong();
        this.worthless = leases.makeProbeTokens();
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        this.foreign = new Secret("probe_" + Base64.getUrlEncoder().encodeToString(bytes));
    }

    @Override
    public void run() {
        Optional<Seal> inForce = seals.get();
        String id = inForce.map(Seal::id).orElse("");
        if (!id.equals(seal)) {
            probes.forget();
            targets = inForce.map(this::targets).orElse(Map.of());
            Set<String> without =
                    new HashSet<>(inForce.map(one -> one.upstreams().keySet()).orElse(Set.of()));
            without.removeAll(targets.keySet());
            probes.excludeUpstreams(without);
            seal = id;
        }
        if (inForce.isPresent()) {
            try {
                round(inForce.get());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt(); // the gateway is closing, which proves nothing
            }
        }
    }

    private void round(Seal inForce) throws InterruptedException {
        long now = nanos.getAsLong(); // a clock that nobody sets: one that is set back would stop the turns
        boolean isTime = now - next >= 0;
        List<FrontEndpoint> ways = front.endpoints();
        Set<String> fronts = new HashSet<>(Set.of(POLICY));
        ways.forEach(way -> fronts.add(way.front()));
        databases.ifPresent(open -> fronts.addAll(open.listeners()));
        probes.retainFronts(fronts);
        send(decisions(inForce), false, isTime);
        for (FrontEndpoint way : ways) {
            if (front.endpoints().contains(way)) { // or it was shut or closed meanwhile
                send(through(way), way.isPlace(), isTime);
            }
        }
        if (databases.isPresent()) {
            for (String listener : databases.get().listeners()) {
                send(through(databases.get(), listener), !listener.equals(PostgresFront.SHARED), isTime);
            }
        }
        if (isTime) {
            next = now + INTERVAL.toNanos();
            turn++;
        }
    }

    /** Sends those that are due. After one that does not pass the rest waits for the next round: a front may hang. */
    private void send(List<Probe> all, boolean onlyInTurn, boolean isTime) throws InterruptedException {
        for (int i = 0; i < all.size(); i++) {
            Probe probe = all.get(i);
            boolean inTurn = isTime && i == turn % all.size();
            boolean isDue = inTurn || probes.isRed(probe) || (!onlyInTurn && !probes.isProved(probe));
            if (isDue && seals.get().map(Seal::id).equals(Optional.of(seal)) && !probes.send(probe)) {
                return;
            }
        }
    }

    private List<Probe> through(FrontEndpoint way) {
        List<Probe> all = new ArrayList<>();
        targets.forEach((upstream, target) -> {
            if (target.call() instanceof HttpCall call && front.reaches(way, upstream)) {
                guises("header " + way.carrier(), way.statusWithoutCredential()).stream()
                        .filter(guise -> guise.credential().isPresent() || way.needsCredential())
                        .forEach(guise -> all.add(new Probe(
                                way.front(),
                                way.protocol(),
                                upstream,
                                guise.carrying(),
                                () -> asked(way, upstream, call, guise))));
            }
        });
        return all;
    }

    private List<Probe> through(PostgresFront open, String listener) {
        List<Probe> all = new ArrayList<>();
        targets.forEach((upstream, target) -> {
            if (!(target.call() instanceof HttpCall)) {
                guises(PostgresFront.CARRIER, 403).stream()
                        .filter(guise -> guise.credential().isPresent() || listener.equals(PostgresFront.SHARED))
                        .forEach(guise -> all.add(new Probe(
                                listener,
                                "PostgreSQL",
                                upstream,
                                guise.carrying(),
                                () -> asked(open, listener, upstream, guise))));
            }
        });
        return all;
    }

    private static Probe.ProbeResult asked(PostgresFront open, String listener, String upstream, ProbeCaller guise)
            throws IOException {
        try {
            PostgresFront.ProbeAnswer answer = open.probe(listener, upstream, guise.credential());
            Json.Members problem = Json.object()
                    .with("kind", answer.kind())
                    .with("detail", answer.reason())
                    .with("receipt", answer.receipt());
            return new Probe.ProbeResponse(
                            answer.isRefused() ? 403 : 200,
                            Optional.of(answer.receipt()).filter(id -> !id.isEmpty()),
                            Bytes.utf8(problem.canonicalText()))
                    .held(guise.expected(), guise.status());
        } catch (IOException e) {
            if (open.listeners().contains(listener)) {
                throw e;
            }
            return Probe.ProbeResult.REFUSED; // its lease has ended meanwhile: a closed listener lets nobody in
        }
    }

    private Probe.ProbeResult asked(FrontEndpoint way, String upstream, HttpCall call, ProbeCaller guise)
            throws IOException, InterruptedException {
        try {
            HttpFront.ProbeAnswer reaction = front.probe(way, upstream, call, guise.credential());
            return new Probe.ProbeResponse(reaction.status(), reaction.receipt(), reaction.body())
                    .held(guise.expected(), guise.status());
        } catch (IOException e) {
            if (front.endpoints().contains(way)) {
                throw e;
            }
            return Probe.ProbeResult.REFUSED; // its lease has ended meanwhile: a closed endpoint lets nobody in
        }
    }

    private List<ProbeCaller> guises(String carrier, int statusWithout) {
        return List.of(
                new ProbeCaller("no lease", Optional.empty(), new CallIdentity.NoCredential().refusal(), statusWithout),
                new ProbeCaller(
                        "a made-up lease",
                        Optional.of(worthless.unknown()),
                        new CallIdentity.UnknownToken("").refusal(),
                        403),
                new ProbeCaller(
                        "a lease that has ended",
                        Optional.of(worthless.ended()),
                        new CallIdentity.ExpiredLease(worthless.lease()).refusal(),
                        403),
                new ProbeCaller(
                        "a foreign credential",
                        Optional.of(foreign),
                        new CallIdentity.ForeignCredential(carrier, "", Optional.empty(), Optional.empty()).refusal(),
                        403));
    }

    /** Returns for each upstream a request that destroys nothing real; else any that the catalog understands. */
    private Map<String, Target> targets(Seal inForce) {
        Map<String, Target> targets = new TreeMap<>();
        inForce.upstreams()
                .forEach((name, upstream) -> catalogs.of(inForce)
                        .find(upstream.catalog())
                        .flatMap(catalog -> target(catalog, upstream))
                        .ifPresent(target -> targets.put(name, target)));
        return targets;
    }

    private static Optional<Target> target(Catalog catalog, Seal.Upstream upstream) {
        if (upstream.catalog().equals(PostgresFront.CATALOG)) {
            UnderstoodCall call = PostgresFront.destructiveProbe(upstream, MADE_UP);
            return Optional.of(new Target(call, call, call.actions()));
        }
        return catalog.destructiveProbe(MADE_UP)
                .or(() -> catalog.harmlessProbe(MADE_UP))
                .flatMap(call -> catalog.read(call) instanceof CallReading.CallMeaning reading
                        ? Optional.of(new Target(call, reading.outgoing(), reading.actions()))
                        : Optional.empty());
    }

    /** Returns probes of the sealed policies: the same requests by a lease that may only read, in all environments. */
    private List<Probe> decisions(Seal inForce) {
        List<Probe> all = new ArrayList<>();
        targets.forEach((upstream, target) -> {
            if (target.destroys()) {
                all.add(new Probe(
                        POLICY,
                        "decision",
                        upstream,
                        "a lease that may only read",
                        () -> decided(inForce, upstream, target)));
            }
        });
        return all;
    }

    private Probe.ProbeResult decided(Seal inForce, String upstream, Target target) {
        return switch (policies.decide(inForce, sensed(inForce, upstream, target))) {
            case Verdict.Refuse _ -> Probe.ProbeResult.REFUSED;
            case Verdict.Hold _, Verdict.Permit _ ->
                new Probe.ProbeResult(Probe.ProbeFinding.LET_THROUGH, "the policies do not refuse it");
        };
    }

    private ResolvedAttempt sensed(Seal inForce, String upstream, Target target) {
        Set<String> everywhere = inForce.environments().keySet();
        Map<Resource, Placement> placements = new HashMap<>();
        List<Action> actions =
                target.actions().stream().map(inForce::classified).toList();
        actions.forEach(action -> action.resources()
                .forEach(resource -> placements.put(
                        resource, new Placement(resource, everywhere, Set.of(), Provenance.SEALED, false))));
        return new ResolvedAttempt(
                new Attempt(upstream, List.of(), Optional.empty(), target.call(), clock.instant()),
                reader(everywhere),
                actions,
                placements,
                new BlastRadius(everywhere, placements.keySet(), List.of(), List.of(), List.of()),
                target.outgoing(),
                SaltedDigests.OPEN); // it is never recorded
    }

    private Lease reader(Set<String> everywhere) {
        Lease nobody = worthless.lease();
        return new Lease(
                nobody.id(),
                nobody.root(),
                nobody.agent(),
                nobody.person(),
                LeaseSigners.NOBODY,
                nobody.task(),
                Optional.empty(),
                everywhere,
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                nobody.issued(),
                nobody.expires());
    }
}
