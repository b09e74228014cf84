package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Confining;
import dev.interlock.action.FairRoom;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.Reading;
import dev.interlock.catalog.Standing;
import dev.interlock.evidence.Json;
import dev.interlock.identity.Caller;
import dev.interlock.identity.Identity;
import dev.interlock.identity.Kill;
import dev.interlock.identity.Widening;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.Located;
import dev.interlock.vault.Traces;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Resolves an attempt: who sends it, what it means, and what it would cost. Any doubt rejects it. */
public final class Senses {

    /** The length of a large body, in bytes. Reading a call takes many times its length of memory. */
    private static final int LARGE = 1 << 16;

    /** Maximum large calls of one lease that wait to be read: as many as fill two connections. */
    static final int MAX_LARGE_WAITING = 64;

    private static final Set<String> OF_A_PART = Set.of("range", "if-range");

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final Catalogs catalogs;
    private final Inventory inventory;
    private final Luggage luggage;

    /**
     * Limits how many large calls are read at once, to one less than the processors. More would only lie in memory, and
     * small calls go on beside them.
     */
    final FairRoom large = new FairRoom(Math.max(1, Runtime.getRuntime().availableProcessors() - 1), MAX_LARGE_WAITING);

    public Senses(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            Catalogs catalogs,
            Inventory inventory,
            Luggage luggage) {
        this.seals = seals;
        this.identity = identity;
        this.catalogs = catalogs;
        this.inventory = inventory;
        this.luggage = luggage;
    }

    Perception sense(Attempt attempt, Freshness freshness) {
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return Perception.Unheard.of(Refusal.unavailable(
                    "No seal is in force: nothing is sealed yet, or the seal has expired.",
                    "A person has to seal the policy (`interlock seal`); until then nothing is forwarded."));
        }
        return switch (identity.recognise(attempt, attempt.at())) {
            case Caller.Known known -> searched(seal.get(), known.lease(), attempt, freshness);
            case Caller.Rejected rejected -> judged(rejected);
        };
    }

    /** Scans the call of a caller who may call, and may still carry what it must not. */
    private Perception searched(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        Traces.Found found;
        try {
            found = luggage.in(attempt);
        } catch (IOException e) {
            return Perception.Unheard.of(lease, Refusals.unsearched());
        }
        Confining.Use use = seal.confining().inBodies();
        boolean decoyStops = !found.decoys().isEmpty() && use != Confining.Use.ALERT;
        if (!found.credentials().isEmpty() || decoyStops) {
            // A credential beside the decoy must not soften what the seal says of decoys.
            return carrying(Optional.of(lease), "body", found, decoyStops && use == Confining.Use.KILL);
        }
        // A conversation repeats what was read once in every later call, so people are alerted once.
        Set<String> untold = luggage.untold(lease, found.decoys());
        Optional<Perception.Alarm> noticed = untold.isEmpty()
                ? Optional.empty()
                : Optional.of(new Perception.Alarm(
                        Alert.Rule.DECOY_SEEN,
                        "A call of `" + lease.agent() + "` carries a decoy: `" + String.join("`, `", untold)
                                + "`. The seal lets that through, and tells it once.",
                        false));
        try {
            return read(seal, lease, attempt, freshness).noticing(noticed);
        } catch (RuntimeException | StackOverflowError e) {
            if (noticed.isPresent()) {
                untold(lease); // otherwise the next such call would go, and nobody would ever be alerted
            }
            throw e;
        }
    }

    /** Forgets that people were alerted about the calls of {@code lease}. */
    void untold(Lease lease) {
        luggage.forget(lease);
    }

    /**
     * Scans {@code text}, which the holder of {@code lease} sends to the gateway itself. Returns empty if it may be
     * read. The text is recorded and shown to people. So a decoy is refused like a credential, whatever the seal allows
     * in calls.
     */
    Optional<Perception.Unheard> searched(Lease lease, byte[] text) {
        try {
            Traces.Found found = luggage.in(text);
            return found.isNothing()
                    ? Optional.empty()
                    : Optional.of(carrying(Optional.of(lease), "body", found, ends(found)));
        } catch (IOException e) {
            return Optional.of(Perception.Unheard.of(lease, Refusals.unsearched()));
        }
    }

    private boolean ends(Traces.Found found) {
        return !found.decoys().isEmpty()
                && seals.get()
                        .filter(seal -> seal.confining().inBodies() == Confining.Use.KILL)
                        .isPresent();
    }

    /**
     * Returns {@code unheard} with a reason that may be recorded. A front's reason may quote the request, also in
     * another spelling than {@code asked}, in which the request came.
     */
    Perception.Unheard shown(Perception.Unheard unheard, String asked) {
        Refusal refusal = unheard.refusal();
        try {
            Traces.Found found = luggage.in((asked + "\n" + refusal.reason()).getBytes(StandardCharsets.UTF_8));
            if (found.isNothing()) {
                return unheard;
            }
            Perception.Unheard carrying = carrying(unheard.lease(), "target", found, ends(found));
            return new Perception.Unheard(
                    unheard.lease(),
                    Refusals.unshown(refusal, "it holds a credential that is kept here"),
                    Contents.together(carrying.observed(), unheard.observed()),
                    carrying.alarm().map(alarm -> alarm.with(unheard.alarm())));
        } catch (IOException e) {
            return unheard.answering(Refusals.unshown(refusal, "it could not be looked through"));
        }
    }

    private static Perception.Unheard carrying(
            Optional<Lease> lease, String carrier, Traces.Found found, boolean ends) {
        Refusal refusal = Refusals.carrying();
        Set<String> names = new TreeSet<>(found.credentials());
        names.addAll(found.decoys());
        String known = "`" + String.join("`, `", names) + "`";
        return new Perception.Unheard(
                lease,
                refusal,
                Json.object().with("carrier", carrier).with("would_open", String.join(", ", names)),
                Optional.of(new Perception.Alarm(
                        Alert.Rule.FOREIGN_CREDENTIAL, refusal.reason() + " It is known here: " + known + ".", ends)));
    }

    private Perception read(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        Seal.Upstream upstream = seal.upstreams().get(attempt.upstream());
        Optional<Catalog> catalog =
                upstream == null ? Optional.empty() : catalogs.of(seal).find(upstream.catalog());
        if (upstream == null || catalog.isEmpty()) {
            return Perception.Unheard.of(
                    lease,
                    Refusal.notUnderstood(
                            "The seal names no upstream `" + attempt.upstream() + "`.",
                            "Call one of these: "
                                    + String.join(", ", seal.upstreams().keySet()) + "."));
        }
        Optional<Kill> kill = identity.killOf(attempt.upstream());
        if (kill.isPresent()) {
            return Perception.Unheard.of(lease, kill.get().refusal());
        }
        return switch (attempt.call()) {
            case HttpCall call ->
                reading(catalog.get(), call, lease)
                        .map(reading -> switch (reading) {
                            case Reading.Understood understood
                            when SecretReferences.areIn(understood.outgoing()) ->
                                Perception.Unheard.of(lease, SecretReferences.refusal());
                            case Reading.Understood understood ->
                                understood(seal, upstream, lease, attempt, understood, freshness);
                            case Reading.NotUnderstood(var reason, var next, var finality) ->
                                Perception.Unheard.of(lease, Refusal.notUnderstood(reason, next, finality));
                        })
                        .orElseGet(() -> Perception.Unheard.of(lease, Refusals.busy()));
        };
    }

    /** Reads {@code call}. Returns empty if too many large calls of the lease wait to be read. */
    private Optional<Reading> reading(Catalog catalog, HttpCall call, Lease lease) {
        if (call.body().length() <= LARGE) {
            return Optional.of(catalog.read(call));
        }
        if (!large.enter(lease.root())) {
            return Optional.empty();
        }
        try {
            return Optional.of(catalog.read(call));
        } finally {
            large.leave(lease.root());
        }
    }

    private Perception understood(
            Seal seal,
            Seal.Upstream upstream,
            Lease lease,
            Attempt attempt,
            Reading.Understood reading,
            Freshness freshness) {
        List<Action> actions = reading.standing()
                .map(asked -> List.of(compared(seal, lease, attempt, asked, freshness)))
                .orElse(reading.actions());
        List<Action> known = actions.stream().map(seal::classified).toList();
        Located located = inventory.locate(seal, upstream.name(), lease.root(), known, freshness);
        return new Perception.Understood(
                seal,
                new Sensed(attempt, lease, known, located.placements(), located.radius(), outgoing(upstream, reading)),
                located.gaps(),
                upstream.veiled() ? reading.veil().map(secrets -> veil(upstream, secrets)) : Optional.empty(),
                Optional.empty());
    }

    /**
     * Returns the call to send, without range headers if a credential goes along. A secret that the agent must not have
     * could stand across the edge of a partial answer. A client that asks for a part takes the whole as well (RFC 9110
     * §14.2).
     */
    private static HttpCall outgoing(Seal.Upstream upstream, Reading.Understood reading) {
        return upstream.credentials().isEmpty()
                ? reading.outgoing()
                : reading.outgoing().without(OF_A_PART);
    }

    private Veil veil(Seal.Upstream upstream, dev.interlock.catalog.Veil secrets) {
        return answer -> secrets.over(answer, value -> identity.reference(upstream.name(), value));
    }

    /**
     * Compares the question with the current state, each time anew: first when it is decided, and again when a
     * confirmation is about to be used. The provider is not asked about what the lease does not cover. That is refused
     * either way, and the verdict must not reveal the state there.
     */
    private Action compared(Seal seal, Lease lease, Attempt attempt, Standing standing, Freshness freshness) {
        Action worst = standing.unknown("it is outside the lease");
        List<Lease> scopes = new ArrayList<>(List.of(lease));
        widenings(lease, seal, attempt.at())
                .forEach(widening -> scopes.add(widening.elevation().of(lease, widening.until())));
        scopes.removeIf(scope -> !scope.impacts().containsAll(standing.mildest().impacts()));
        boolean covered = !scopes.isEmpty()
                && isCovered(
                        scopes,
                        inventory
                                .locate(seal, attempt.upstream(), lease.root(), List.of(worst), freshness)
                                .placements()
                                .values());
        if (!covered) {
            return worst;
        }
        try {
            return standing.compared(inventory.ask(seal, attempt.upstream(), lease.root(), standing.question()));
        } catch (IOException e) {
            return standing.unknown(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isCovered(List<Lease> scopes, Collection<Placement> places) {
        return scopes.stream().anyMatch(scope -> places.stream().allMatch(place -> covers(scope, place)));
    }

    private static boolean covers(Lease lease, Placement placement) {
        boolean named = lease.resources().isEmpty()
                || lease.resources().contains(placement.resource())
                || !Collections.disjoint(lease.resources(), placement.groups());
        return named && lease.environments().containsAll(placement.environments());
    }

    /**
     * Returns the alert about an answer that holds {@code credentials}, unless people were alerted under this lease
     * already.
     */
    Optional<Perception.Alarm> spilled(Lease lease, String upstream, Set<String> credentials) {
        Set<String> untold = luggage.untold(lease, credentials);
        return untold.isEmpty()
                ? Optional.empty()
                : Optional.of(new Perception.Alarm(
                        Alert.Rule.FOREIGN_CREDENTIAL,
                        "An answer of `" + upstream + "` to `" + lease.agent()
                                + "` held a credential that is kept here: `" + String.join("`, `", untold)
                                + "`. It was not passed on.",
                        false));
    }

    /**
     * Returns why a call that was resolved, or is in flight, must stop: somebody has ended its lease, or stopped it.
     */
    Optional<Refusal> stopped(Lease lease, String upstream) {
        return identity.stopped(lease, upstream);
    }

    /** Returns the elevations that people have given {@code lease}. */
    List<Widening> widenings(Lease lease, Seal seal, Instant now) {
        return identity.widenings(lease, seal, now);
    }

    /** Returns whether the elevation that people gave by {@code hold} no longer counts. */
    boolean isWithdrawn(String hold, Seal seal) {
        return identity.isWithdrawn(hold, seal);
    }

    /** Returns whether the signatures of {@code person} do not count now. */
    boolean isKilled(String person) {
        return identity.isKilled(person);
    }

    /** Finds out who is behind a request that a front refused by itself, with {@code refusal}. */
    Perception.Unheard unread(List<Attempt.Presented> presented, Optional<String> place, Refusal refusal, Instant at) {
        return switch (identity.recognise(presented, place, at)) {
            case Caller.Known known -> Perception.Unheard.of(known.lease(), refusal);
            case Caller.Rejected rejected -> judged(rejected).answering(refusal);
        };
    }

    /** Returns the leases that {@code lease} descends from. */
    List<Lease> ancestors(Lease lease) {
        return identity.ancestors(lease);
    }

    static Perception.Unheard rejected(Caller.Rejected rejected) {
        return switch (rejected) {
            case Caller.Foreign foreign ->
                new Perception.Unheard(
                        foreign.beside(),
                        foreign.refusal(),
                        Json.object()
                                .with("carrier", foreign.carrier())
                                .with("fingerprint", foreign.fingerprint())
                                .with("would_open", foreign.wouldOpen().orElse("unknown")),
                        found(foreign));
            case Caller.Misplaced misplaced ->
                new Perception.Unheard(
                        Optional.of(misplaced.lease()),
                        misplaced.refusal(),
                        Json.object(),
                        alarm(Alert.Rule.LEASE_MISPLACED, misplaced));
            case Caller.Expired expired -> Perception.Unheard.of(expired.lease(), expired.refusal());
            case Caller.Killed killed -> Perception.Unheard.of(killed.lease(), killed.refusal());
            case Caller.Revoked revoked -> Perception.Unheard.of(revoked.lease(), revoked.refusal());
            case Caller.Withdrawn withdrawn -> Perception.Unheard.of(withdrawn.lease(), withdrawn.refusal());
            case Caller.Absent absent -> Perception.Unheard.of(absent.refusal());
            case Caller.Unknown unknown -> Perception.Unheard.of(unknown.refusal());
            case Caller.Untimely untimely -> Perception.Unheard.of(untimely.refusal());
        };
    }

    /** Returns the same as {@link #rejected}, with what the seal says of decoys. */
    private Perception.Unheard judged(Caller.Rejected rejected) {
        Perception.Unheard unheard = rejected(rejected);
        boolean ends = rejected instanceof Caller.Foreign foreign
                && foreign.isDecoy()
                && seals.get()
                        .filter(seal -> seal.confining().presented() == Confining.Use.KILL)
                        .isPresent();
        return ends
                ? new Perception.Unheard(
                        unheard.lease(),
                        unheard.refusal(),
                        unheard.observed(),
                        unheard.alarm().map(alarm -> new Perception.Alarm(alarm.rule(), alarm.summary(), true)))
                : unheard;
    }

    /**
     * Returns the alert. It names the credential if the vault knows it, or knows it as a decoy. The agent does not
     * learn it.
     */
    private static Optional<Perception.Alarm> found(Caller.Foreign foreign) {
        String known = foreign.wouldOpen()
                .map(name -> " It is known here: `" + name + "`.")
                .orElse("");
        return Optional.of(new Perception.Alarm(
                Alert.Rule.FOREIGN_CREDENTIAL, foreign.refusal().reason() + known, false));
    }

    private static Optional<Perception.Alarm> alarm(Alert.Rule rule, Caller.Rejected rejected) {
        return Optional.of(new Perception.Alarm(rule, rejected.refusal().reason(), false));
    }
}
