package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Durations;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.UndoRules;
import dev.interlock.catalog.CallExplanation;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.PushRules;
import dev.interlock.catalog.StateCheck;
import dev.interlock.catalog.Undo;
import dev.interlock.catalog.UndoState;
import dev.interlock.evidence.Json;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.identity.Kill;
import dev.interlock.identity.LeaseElevation;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.undo.UndoStore;
import dev.interlock.vault.SecretMatcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Resolves an attempt: who sends it, what it means, and what it would cost. Any doubt rejects it. */
public final class AttemptResolver {

    /** The length of a large body, in bytes. Reading a call takes many times its length of memory. */
    private static final int LARGE = 1 << 16;

    /** Maximum large calls of one lease that wait to be read: as many as fill two connections. */
    static final int MAX_LARGE_WAITING = 64;

    /** The sender of a call that came without a lease, and at no listener of one agent alone. */
    private static final String NOBODY = "nobody";

    private static final Set<String> OF_A_PART = Set.of("range", "if-range");

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final Catalogs catalogs;
    private final Inventory inventory;
    private final RequestSecretScanner secretScanner;
    private final UndoStore states;
    private final PushReader pushes;
    private final SaltedDigests digests;

    /**
     * Limits how many large calls are read at once, to one less than the processors. More would only lie in memory, and
     * small calls go on beside them.
     */
    final FairSemaphore large =
            new FairSemaphore(Math.max(1, Runtime.getRuntime().availableProcessors() - 1), MAX_LARGE_WAITING);

    public AttemptResolver(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            Catalogs catalogs,
            Inventory inventory,
            RequestSecretScanner secretScanner,
            UndoStore states,
            PushReader pushes,
            SaltedDigests digests) {
        this.pushes = pushes;
        this.digests = digests;
        this.states = states;
        this.seals = seals;
        this.identity = identity;
        this.catalogs = catalogs;
        this.inventory = inventory;
        this.secretScanner = secretScanner;
    }

    Resolution resolve(Attempt attempt, Freshness freshness) {
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return Resolution.Rejected.of(Refusal.unavailable(
                    "No seal is in force: nobody has sealed a policy yet, or the seal has expired.",
                    "A person must seal the policy (`interlock seal`); until then nothing is forwarded."));
        }
        return switch (identity.recognise(attempt, attempt.at())) {
            case CallIdentity.KnownCaller known -> searched(seal.get(), known.lease(), attempt, freshness);
            case CallIdentity.RejectedCaller rejected -> read(seal.get(), judged(rejected), attempt);
        };
    }

    /**
     * Adds to a rejection that raises an alert what the call would have done: for people only, because the caller's
     * answer stays the same. Nobody asks the provider about it. A call that cannot be read stays without it.
     */
    private Resolution.Rejected read(Seal seal, Resolution.Rejected rejected, Attempt attempt) {
        if (rejected.alarm().isEmpty() || attempt.isProbe()) {
            return rejected;
        }
        try {
            Json.Members read = Json.object().with("seal", seal.id());
            List<Action> actions = actions(seal, rejected, attempt);
            if (!actions.isEmpty()) {
                read = ReceiptMembers.attempted(actions, text -> holdsSecret(text, attempt))
                        .with("seal", seal.id());
            }
            return new Resolution.Rejected(
                    rejected.lease(),
                    rejected.refusal(),
                    ReceiptMembers.together(rejected.observed(), read),
                    rejected.alarm());
        } catch (RuntimeException | StackOverflowError _) {
            return rejected; // not logged, because anybody could fill a log
        }
    }

    /**
     * Returns what a rejected call would do, as far as its catalog says so. No such reading is cached: a caller without
     * a lease could displace those of others.
     */
    private List<Action> actions(Seal seal, Resolution.Rejected rejected, Attempt attempt) {
        Optional<Catalog> catalog = Optional.ofNullable(seal.upstreams().get(attempt.upstream()))
                .flatMap(upstream -> catalogs.of(seal).find(upstream.catalog()));
        String holder = rejected.lease().map(Lease::root).or(attempt::place).orElse(NOBODY);
        return switch (attempt.call()) {
            case HttpCall call ->
                catalog.flatMap(known -> bounded(call, holder, known::explain)).stream()
                        .flatMap(reading -> switch (reading) {
                            case CallExplanation.ExplainedCall explained -> explained.actions().stream();
                            case CallExplanation.UnexplainedCall _ -> Stream.empty();
                        })
                        .map(CallExplanation.ExplainedAction::action)
                        .map(seal::classified)
                        .toList();
        };
    }

    /** Returns whether {@code text} holds a credential that came with {@code attempt}, or one that is stored. */
    private boolean holdsSecret(String text, Attempt attempt) {
        try {
            return identity.holdsPresented(text, attempt.presented())
                    || !secretScanner.in(text.getBytes(StandardCharsets.UTF_8)).isNothing();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Scans the call of an authorized caller for content that it must not carry. */
    private Resolution searched(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        if (attempt.undoes().isPresent()) {
            return read(seal, lease, attempt, freshness); // the gateway has written it, of what stood there before
        }
        SecretMatcher.SecretMatches found;
        try {
            found = secretScanner.in(attempt);
        } catch (IOException e) {
            return Resolution.Rejected.of(lease, Refusals.unsearched());
        }
        SandboxRules.DecoyReaction use = seal.sandbox().inBodies();
        boolean decoyStops = !found.decoys().isEmpty() && use != SandboxRules.DecoyReaction.ALERT;
        if (!found.credentials().isEmpty() || decoyStops) {
            // A credential beside the decoy must not soften what the seal says of decoys.
            boolean ends = decoyStops && use == SandboxRules.DecoyReaction.KILL;
            return read(seal, carrying(Optional.of(lease), "body", found, ends), attempt);
        }
        // A conversation repeats what was read once in every later call, so people are alerted once.
        Set<String> untold = secretScanner.markAlerted(lease, found.decoys());
        Optional<Resolution.ResolutionAlert> noticed = untold.isEmpty()
                ? Optional.empty()
                : Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.DECOY_SEEN,
                        "A call of `" + lease.agent() + "` carries a decoy: `" + String.join("`, `", untold)
                                + "`. The seal permits this; Interlock alerts once about it.",
                        false));
        try {
            return read(seal, lease, attempt, freshness).noticing(noticed);
        } catch (RuntimeException | StackOverflowError e) {
            if (noticed.isPresent()) {
                forgetAlerts(lease); // otherwise the next such call would go, and nobody would ever be alerted
            }
            throw e;
        }
    }

    /** Forgets that people were alerted about the calls of {@code lease}. */
    void forgetAlerts(Lease lease) {
        secretScanner.forgetAlerts(lease);
    }

    /**
     * Scans {@code text}, which the holder of {@code lease} sends to the gateway itself. Returns empty if it may be
     * read. The text is recorded and shown to people. So a decoy is refused like a credential, even if the seal allows
     * decoys in calls.
     */
    Optional<Resolution.Rejected> searched(Lease lease, byte[] text) {
        try {
            SecretMatcher.SecretMatches found = secretScanner.in(text);
            return found.isNothing()
                    ? Optional.empty()
                    : Optional.of(carrying(Optional.of(lease), "body", found, ends(found)));
        } catch (IOException e) {
            return Optional.of(Resolution.Rejected.of(lease, Refusals.unsearched()));
        }
    }

    private boolean ends(SecretMatcher.SecretMatches found) {
        return !found.decoys().isEmpty()
                && seals.get()
                        .filter(seal -> seal.sandbox().inBodies() == SandboxRules.DecoyReaction.KILL)
                        .isPresent();
    }

    /**
     * Returns {@code rejected} with a reason that may be recorded. A front's reason may quote the request, also in
     * another spelling than {@code asked}, in which the request came.
     */
    Resolution.Rejected withRecordableReason(Resolution.Rejected rejected, String asked) {
        Refusal refusal = rejected.refusal();
        try {
            SecretMatcher.SecretMatches found =
                    secretScanner.in((asked + "\n" + refusal.reason()).getBytes(StandardCharsets.UTF_8));
            if (found.isNothing()) {
                return rejected;
            }
            Resolution.Rejected carrying = carrying(rejected.lease(), "target", found, ends(found));
            return new Resolution.Rejected(
                    rejected.lease(),
                    Refusals.unshown(refusal, "it contains a credential that Interlock stores"),
                    ReceiptMembers.together(carrying.observed(), rejected.observed()),
                    carrying.alarm().map(alarm -> alarm.with(rejected.alarm())));
        } catch (IOException e) {
            return rejected.answering(Refusals.unshown(refusal, "it could not be scanned for credentials"));
        }
    }

    private static Resolution.Rejected carrying(
            Optional<Lease> lease, String carrier, SecretMatcher.SecretMatches found, boolean ends) {
        Refusal refusal = Refusals.carrying();
        Set<String> names = new TreeSet<>(found.credentials());
        names.addAll(found.decoys());
        String known = "`" + String.join("`, `", names) + "`";
        return new Resolution.Rejected(
                lease,
                refusal,
                Json.object().with("carrier", carrier).with("would_open", String.join(", ", names)),
                Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.FOREIGN_CREDENTIAL,
                        refusal.reason() + " It is stored" + " as " + known + ".",
                        ends)));
    }

    private Resolution read(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        Seal.Upstream upstream = seal.upstreams().get(attempt.upstream());
        Optional<Catalog> catalog =
                upstream == null ? Optional.empty() : catalogs.of(seal).find(upstream.catalog());
        if (upstream == null || catalog.isEmpty()) {
            return Resolution.Rejected.of(
                    lease,
                    Refusal.notUnderstood(
                            "The seal names no upstream `" + attempt.upstream() + "`.",
                            "Call one of these: "
                                    + String.join(", ", seal.upstreams().keySet()) + "."));
        }
        Optional<Kill> kill = identity.killOf(attempt.upstream());
        if (kill.isPresent()) {
            return Resolution.Rejected.of(lease, kill.get().refusal());
        }
        return switch (attempt.call()) {
            case HttpCall call
            when catalog.get().isPush(call.method(), call.path()) ->
                pushed(seal, upstream, catalog.get(), lease, attempt, call, freshness);
            case HttpCall call ->
                bounded(call, lease.root(), catalog.get()::read)
                        .map(reading -> switch (reading) {
                            case CallReading.CallMeaning understood
                            when SecretReferences.areIn(understood.outgoing()) ->
                                Resolution.Rejected.of(lease, SecretReferences.refusal());
                            case CallReading.CallMeaning understood ->
                                understood(seal, upstream, lease, attempt, understood, freshness);
                            case CallReading.CallRejection(var reason, var next, var finality) ->
                                Resolution.Rejected.of(lease, Refusal.notUnderstood(reason, next, finality));
                        })
                        .orElseGet(() -> Resolution.Rejected.of(lease, Refusals.busy()));
        };
    }

    /** Reads a push by Git, whose meaning is in its body. */
    private Resolution pushed(
            Seal seal,
            Seal.Upstream upstream,
            Catalog catalog,
            Lease lease,
            Attempt attempt,
            HttpCall call,
            Freshness freshness) {
        Optional<PushRules> rules = catalog.push(call);
        if (rules.isEmpty()) {
            return Resolution.Rejected.of(
                    lease,
                    Refusal.notUnderstood(
                            "The request is no push as Git sends it.", "Push with an ordinary Git client."));
        }
        long number = states.nextReading();
        SecretCollector search =
                new SecretCollector(secretScanner, attempt.undoes().isEmpty());
        PushReader.PushRequest request =
                new PushReader.PushRequest(seal, upstream, rules.get().outgoing(), lease.root(), search);
        return switch (pushes.read(request)) {
            case PushReader.PushReading.ReadPush read -> {
                List<Action> actions = rules.get().judge(read.refs());
                Optional<PriorState> prior = prior(seal, lease, attempt, rules.get(), read, freshness, number);
                read.answering().accept(prior.map(PriorState::actions).orElse(actions));
                CallReading.CallMeaning meaning = new CallReading.CallMeaning(
                        actions, read.outgoing(), Optional.empty(), Optional.empty(), Optional.empty());
                yield understood(seal, upstream, lease, attempt, meaning, read.outgoing(), prior, freshness);
            }
            case PushReader.PushReading.UnreadPush(var reason, var next) ->
                Resolution.Rejected.of(lease, Refusal.notUnderstood(reason, next));
            case PushReader.PushReading.SecretPush(var places) ->
                carrying(Optional.of(lease), "push", search.found(), ends(search.found()))
                        .answering(Refusals.pushingSecrets(places));
            case PushReader.PushReading.UnavailablePush _ -> Resolution.Rejected.of(lease, Refusals.unreadPush());
        };
    }

    /** Reads {@code call} by {@code reader}. Returns empty if too many large calls of {@code holder} wait. */
    private <R> Optional<R> bounded(HttpCall call, String holder, Function<HttpCall, R> reader) {
        if (call.body().length() <= LARGE) {
            return Optional.of(reader.apply(call));
        }
        // A sender whom nobody knows gets what is free, and does not delay others.
        boolean isAdmitted = holder.equals(NOBODY) ? large.acquire(holder, Duration.ZERO) : large.acquire(holder);
        if (!isAdmitted) {
            return Optional.empty();
        }
        try {
            return Optional.of(reader.apply(call));
        } finally {
            large.release(holder);
        }
    }

    private Resolution understood(
            Seal seal,
            Seal.Upstream upstream,
            Lease lease,
            Attempt attempt,
            CallReading.CallMeaning reading,
            Freshness freshness) {
        HttpCall outgoing = outgoing(upstream, reading);
        Optional<PriorState> prior = prior(seal, upstream, lease, attempt, reading, outgoing, freshness);
        return understood(seal, upstream, lease, attempt, reading, outgoing, prior, freshness);
    }

    private Resolution understood(
            Seal seal,
            Seal.Upstream upstream,
            Lease lease,
            Attempt attempt,
            CallReading.CallMeaning reading,
            HttpCall outgoing,
            Optional<PriorState> prior,
            Freshness freshness) {
        List<Action> known =
                prior
                        .map(PriorState::actions)
                        .orElseGet(() -> actions(seal, lease, attempt, reading, freshness))
                        .stream()
                        .map(seal::classified)
                        .toList();
        LocatedActions located = inventory.locate(seal, upstream.name(), lease.agent(), known, freshness);
        return new Resolution.Resolved(
                seal,
                new ResolvedAttempt(attempt, lease, known, located.placements(), located.radius(), outgoing, digests),
                located.gaps(),
                prior,
                upstream.referencesSecrets()
                        ? reading.redaction().map(secrets -> redactor(upstream, secrets))
                        : Optional.empty(),
                Optional.empty());
    }

    /** Returns the meaning of a call whose state is not kept. */
    private List<Action> actions(
            Seal seal, Lease lease, Attempt attempt, CallReading.CallMeaning reading, Freshness freshness) {
        Optional<Set<Impact>> restored = attempt.undoes().flatMap(Attempt.UndoneCall::impacts);
        if (restored.isPresent()) {
            return reading.actions().stream()
                    .map(action -> restoring(action, restored.get()))
                    .toList();
        }
        return reading.stateCheck()
                .map(asked -> List.of(compared(seal, lease, attempt, asked, freshness)))
                .orElse(reading.actions());
    }

    /**
     * Returns the call to send, without range headers if a credential goes along. A secret that the agent must not have
     * could stand across the edge of a partial answer. A client that asks for a part takes the whole as well (RFC 9110
     * §14.2).
     */
    private static HttpCall outgoing(Seal.Upstream upstream, CallReading.CallMeaning reading) {
        return upstream.credentials().isEmpty()
                ? reading.outgoing()
                : reading.outgoing().without(OF_A_PART);
    }

    private ResponseRedactor redactor(Seal.Upstream upstream, dev.interlock.catalog.ResponseRedaction secrets) {
        return answer -> secrets.redact(answer, value -> identity.reference(upstream.name(), value));
    }

    /**
     * Compares the question with the current state, each time anew: first when it is decided, and again when a
     * confirmation is about to be used. The provider is not asked about what the lease does not cover. That is refused
     * either way, and the verdict must not reveal the state there.
     */
    private Action compared(Seal seal, Lease lease, Attempt attempt, StateCheck standing, Freshness freshness) {
        Action worst = standing.worstCase("the lease does not cover it");
        if (!isCovered(seal, lease, attempt, standing.harmlessAction().impacts(), worst, freshness)) {
            return worst;
        }
        try {
            return standing.compareWith(
                    inventory.ask(seal, attempt.upstream(), lease.agent(), standing.question(), freshness));
        } catch (IOException e) {
            return standing.worstCase(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Returns whether {@code lease} covers {@code action} with the impacts {@code least}. Otherwise the provider is not
     * asked about it.
     */
    private boolean isCovered(
            Seal seal, Lease lease, Attempt attempt, Set<Impact> least, Action action, Freshness freshness) {
        List<Lease> scopes = new ArrayList<>(List.of(lease));
        widenings(lease, seal, attempt.at())
                .forEach(widening -> scopes.add(widening.elevation().of(lease, widening.until())));
        scopes.removeIf(scope -> !scope.impacts().containsAll(least));
        return !scopes.isEmpty()
                && isCovered(
                        scopes,
                        inventory
                                .locate(seal, attempt.upstream(), lease.agent(), List.of(action), freshness)
                                .placements()
                                .values());
    }

    /**
     * Reads the state that the call is about to change. Empty if the seal keeps none, or it cannot be read: then the
     * call counts as if it could not be undone.
     */
    private Optional<PriorState> prior(
            Seal seal,
            Seal.Upstream upstream,
            Lease lease,
            Attempt attempt,
            CallReading.CallMeaning reading,
            HttpCall outgoing,
            Freshness freshness) {
        if (seal.undo().isEmpty()
                || reading.undo().isEmpty()
                || upstream.resolver().isEmpty()
                || attempt.isProbe()
                || !outgoing.isWhole()) {
            return Optional.empty();
        }
        Undo undo = reading.undo().get();
        if (!isCovered(seal, lease, attempt, undo.action().impacts(), undo.action(), freshness)) {
            return Optional.empty();
        }
        long number = states.nextReading();
        return shown(seal, upstream, lease, attempt, undo, freshness)
                .map(before -> PriorState.of(outgoing, undo, before, seal.undo().get(), number))
                .filter(PriorState::isShort);
    }

    /** Reads what a push is about to change, as {@link #prior} does for a call of REST. */
    private Optional<PriorState> prior(
            Seal seal,
            Lease lease,
            Attempt attempt,
            PushRules rules,
            PushReader.PushReading.ReadPush read,
            Freshness freshness,
            long number) {
        if (seal.undo().isEmpty() || read.refs().isEmpty() || attempt.isProbe()) {
            return Optional.empty();
        }
        UndoRules kept = seal.undo().get();
        List<Action> actions = rules.judgeKept(read.refs(), Durations.write(kept.time()));
        boolean isCovered = actions.stream()
                .allMatch(action -> isCovered(seal, lease, attempt, action.impacts(), action, freshness));
        return isCovered
                ? read.prior()
                        .state(kept.maxBytes())
                        .map(state -> PriorState.ofPush(actions, read.outgoing().path(), state, kept, number))
                        .filter(PriorState::isShort)
                : Optional.empty();
    }

    /** Returns the state before the call, if the lease covers the call that would put it back. */
    private Optional<UndoState> shown(
            Seal seal, Seal.Upstream upstream, Lease lease, Attempt attempt, Undo undo, Freshness freshness) {
        try {
            Bytes answer = inventory.ask(seal, upstream.name(), lease.agent(), undo.question(), freshness);
            return undo.before(answer)
                    .filter(before -> undo.restoration(before, Optional.of(answer))
                            .flatMap(call -> restoring(seal, upstream, call))
                            .map(action -> undo.restored()
                                    .map(impacts -> restoring(action, impacts))
                                    .orElse(action))
                            .filter(action -> isCovered(seal, lease, attempt, action.impacts(), action, freshness))
                            .isPresent());
        } catch (IOException _) { // then the action stays as it is without a kept state
            return Optional.empty();
        }
    }

    /** Returns the meaning of a restoring call, whose own state before it will be kept. */
    private Optional<Action> restoring(Seal seal, Seal.Upstream upstream, HttpCall call) {
        return catalogs.of(seal)
                .find(upstream.catalog())
                .map(catalog -> catalog.read(call))
                .filter(CallReading.CallMeaning.class::isInstance)
                .map(CallReading.CallMeaning.class::cast)
                .map(reading -> reading.undo()
                        .map(Undo::action)
                        .orElseGet(() -> reading.actions().getFirst()));
    }

    /** Returns {@code action} as one that brings back what stood there before. */
    private static Action restoring(Action action, Set<Impact> impacts) {
        return new Action(
                action.operation(),
                impacts,
                Reversibility.RECOVERABLE,
                action.resources(),
                action.facts(),
                action.piecemeal());
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
    Optional<Resolution.ResolutionAlert> leakAlert(Lease lease, String upstream, Set<String> credentials) {
        Set<String> untold = secretScanner.markAlerted(lease, credentials);
        return untold.isEmpty()
                ? Optional.empty()
                : Optional.of(new Resolution.ResolutionAlert(
                        Alert.AlertKind.FOREIGN_CREDENTIAL,
                        "An answer from `" + upstream + "` to `" + lease.agent() + "` contained a stored credential:"
                                + " `" + String.join("`, `", untold)
                                + "`. The answer was withheld.",
                        false));
    }

    /**
     * Returns why a call that was resolved, or is in flight, must stop: somebody has ended its lease, or stopped it.
     */
    Optional<Refusal> stopped(Lease lease, String upstream) {
        return identity.stopReason(lease, upstream);
    }

    /** Returns why a lease of {@code agent} under {@code task} could not be used for {@code upstream} now. */
    Optional<Refusal> stopped(Seal.Agent agent, Optional<String> task, String upstream) {
        return identity.stopReason(agent, task, upstream);
    }

    /**
     * Returns where the actions of {@code assumed} take place, and what they would cost. Nobody's budget pays for it.
     */
    LocatedActions locate(Seal seal, ResolvedAttempt assumed) {
        return inventory.locate(seal, assumed.attempt().upstream(), assumed.actions(), Freshness.CACHED);
    }

    /** Returns the elevations that people have given {@code lease}. */
    List<LeaseElevation> widenings(Lease lease, Seal seal, Instant now) {
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
    Resolution.Rejected identify(
            List<Attempt.PresentedCredential> presented, Optional<String> place, Refusal refusal, Instant at) {
        return switch (identity.recognise(presented, place, at)) {
            case CallIdentity.KnownCaller known -> Resolution.Rejected.of(known.lease(), refusal);
            case CallIdentity.RejectedCaller rejected -> judged(rejected).answering(refusal);
        };
    }

    /** Returns the leases that {@code lease} descends from. */
    List<Lease> ancestors(Lease lease) {
        return identity.ancestors(lease);
    }

    static Resolution.Rejected rejected(CallIdentity.RejectedCaller rejected) {
        return switch (rejected) {
            case CallIdentity.ForeignCredential foreign ->
                new Resolution.Rejected(
                        foreign.beside(),
                        foreign.refusal(),
                        Json.object()
                                .with("carrier", foreign.carrier())
                                .with("fingerprint", foreign.fingerprint())
                                .with("would_open", foreign.wouldOpen().orElse("unknown")),
                        found(foreign));
            case CallIdentity.MisplacedLease misplaced ->
                new Resolution.Rejected(
                        Optional.of(misplaced.lease()),
                        misplaced.refusal(),
                        Json.object(),
                        alarm(Alert.AlertKind.LEASE_MISPLACED, misplaced));
            case CallIdentity.ExpiredLease expired -> Resolution.Rejected.of(expired.lease(), expired.refusal());
            case CallIdentity.KilledLease killed -> Resolution.Rejected.of(killed.lease(), killed.refusal());
            case CallIdentity.RevokedLease revoked -> Resolution.Rejected.of(revoked.lease(), revoked.refusal());
            case CallIdentity.UnsupportedLease withdrawn ->
                Resolution.Rejected.of(withdrawn.lease(), withdrawn.refusal());
            case CallIdentity.NoCredential absent -> Resolution.Rejected.of(absent.refusal());
            case CallIdentity.UnknownToken unknown -> Resolution.Rejected.of(unknown.refusal());
            case CallIdentity.ClockSetBack untimely -> Resolution.Rejected.of(untimely.refusal());
        };
    }

    /** Returns the same as {@link #rejected}, with what the seal says of decoys. */
    private Resolution.Rejected judged(CallIdentity.RejectedCaller caller) {
        Resolution.Rejected rejected = rejected(caller);
        boolean ends = caller instanceof CallIdentity.ForeignCredential foreign
                && foreign.isDecoy()
                && seals.get()
                        .filter(seal -> seal.sandbox().presented() == SandboxRules.DecoyReaction.KILL)
                        .isPresent();
        return ends
                ? new Resolution.Rejected(
                        rejected.lease(),
                        rejected.refusal(),
                        rejected.observed(),
                        rejected.alarm()
                                .map(alarm -> new Resolution.ResolutionAlert(alarm.rule(), alarm.summary(), true)))
                : rejected;
    }

    /**
     * Returns the alert. It names the credential if the vault knows it, or knows it as a decoy. The agent does not
     * learn it.
     */
    private static Optional<Resolution.ResolutionAlert> found(CallIdentity.ForeignCredential foreign) {
        String known = foreign.wouldOpen()
                .map(name -> " It is stored as `" + name + "`.")
                .orElse("");
        return Optional.of(new Resolution.ResolutionAlert(
                Alert.AlertKind.FOREIGN_CREDENTIAL, foreign.refusal().reason() + known, false));
    }

    private static Optional<Resolution.ResolutionAlert> alarm(
            Alert.AlertKind rule, CallIdentity.RejectedCaller rejected) {
        return Optional.of(
                new Resolution.ResolutionAlert(rule, rejected.refusal().reason(), false));
    }
}
