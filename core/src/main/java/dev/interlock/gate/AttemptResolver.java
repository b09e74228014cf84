package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Call;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReader;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.ProviderAnswers;
import dev.interlock.catalog.PushRules;
import dev.interlock.catalog.ResponseRedaction;
import dev.interlock.evidence.Json;
import dev.interlock.gate.CarriedSecrets.SearchResult;
import dev.interlock.gate.PreparedDecisions.PreparedDecision;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.identity.Kill;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.undo.UndoStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Resolves an attempt: who sends it, what it carries, what it means, what it changes, and what it would cost. Any doubt
 * rejects it. Each of these is a step of its own, and this class is their order.
 */
public final class AttemptResolver {

    private final Supplier<Optional<Seal>> seals;
    private final CallReader.Registry readers;
    private final UndoStore states;
    private final PushReader pushes;
    private final SaltedDigests digests;
    private final PresentState present;
    private final RefDeletions deletions;
    final Identity identity;
    final Inventory inventory;
    final CallerCheck callers;
    final CarriedSecrets secrets;
    final PreparedDecisions prepared;
    final LargeCalls large = new LargeCalls();

    public AttemptResolver(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            CallReader.Registry readers,
            Inventory inventory,
            RequestSecretScanner scanner,
            UndoStore states,
            PushReader pushes,
            SaltedDigests digests) {
        this.seals = seals;
        this.identity = identity;
        this.readers = readers;
        this.inventory = inventory;
        this.states = states;
        this.pushes = pushes;
        this.digests = digests;
        this.callers = new CallerCheck(seals, identity);
        this.secrets = new CarriedSecrets(seals, scanner);
        this.present = new PresentState(identity, inventory);
        this.deletions = new RefDeletions(pushes, present, inventory);
        this.prepared = new PreparedDecisions(identity, inventory);
    }

    Resolution resolve(Attempt attempt, Freshness freshness) {
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return Resolution.Rejected.of(Refusals.NO_SEAL);
        }
        return switch (identity.recognise(attempt, attempt.at())) {
            case CallIdentity.KnownCaller known -> search(seal.get(), known.lease(), attempt, freshness);
            case CallIdentity.RejectedCaller rejected -> withActions(seal.get(), callers.judged(rejected), attempt);
        };
    }

    /** Refuses the call of an authorized caller if it carries what it must not carry. */
    private Resolution search(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        if (attempt.undoes().isPresent()) {
            return read(seal, lease, attempt, freshness); // the gateway has written it, of what stood there before
        }
        Optional<Refusal> unread = received(seal, attempt);
        if (unread.isPresent()) {
            return Resolution.Rejected.of(lease, unread.get());
        }
        return switch (secrets.search(seal, lease, attempt, takesNoCredential(seal, attempt))) {
            case SearchResult.RefusedSearch(var rejected) -> withActions(seal, rejected, attempt);
            case SearchResult.PassedSearch(var noticed) -> {
                try {
                    yield read(seal, lease, attempt, freshness).noticing(noticed);
                } catch (RuntimeException | StackOverflowError e) {
                    if (noticed.isPresent()) {
                        secrets.forgetAlerts(lease); // otherwise the next such call would go, and nobody be alerted
                    }
                    throw e;
                }
            }
        };
    }

    /** Takes a long body that has to be read. Nobody without a lease gets room for one. */
    private Optional<Refusal> received(Seal seal, Attempt attempt) {
        if (attempt.call().isWhole() || !reads(seal, attempt, reader -> reader.isReceived(attempt.call()))) {
            return Optional.empty();
        }
        LoopThreads.leave();
        try {
            return attempt.call().receive();
        } catch (IOException _) {
            return Optional.of(Refusals.BROKEN_BODY);
        }
    }

    /** Returns what the catalog of {@code upstream} recommends in the place of {@code action}. */
    Optional<Action> safer(Seal seal, String upstream, Action action) {
        return Optional.ofNullable(seal.upstreams().get(upstream))
                .flatMap(known -> readers.find(seal, known))
                .flatMap(reader -> reader.safer(action))
                .map(seal::classified);
    }

    /** Returns whether the answer to {@code sensed} shows files that the call does not name. */
    boolean showsFiles(Seal seal, ResolvedAttempt sensed) {
        return Optional.ofNullable(seal.upstreams().get(sensed.attempt().upstream()))
                .flatMap(upstream -> readers.find(seal, upstream))
                .filter(reader ->
                        sensed.actions().stream().map(Action::operation).anyMatch(reader::showsFiles))
                .isPresent();
    }

    /** Returns what no answer to {@code sensed} may show. */
    HiddenMembers hidden(Seal seal, ResolvedAttempt sensed) {
        return HiddenMembers.of(
                Optional.ofNullable(seal.upstreams().get(sensed.attempt().upstream()))
                        .flatMap(upstream -> readers.find(seal, upstream))
                        .map(CallReader::hiddenMembers)
                        .orElse(Set.of()));
    }

    private boolean takesNoCredential(Seal seal, Attempt attempt) {
        return reads(seal, attempt, reader -> reader.takesNoCredential(attempt.call()));
    }

    private boolean reads(Seal seal, Attempt attempt, Predicate<CallReader> how) {
        return Optional.ofNullable(seal.upstreams().get(attempt.upstream()))
                .flatMap(upstream -> readers.find(seal, upstream))
                .filter(how)
                .isPresent();
    }

    private Resolution read(Seal seal, Lease lease, Attempt attempt, Freshness freshness) {
        Seal.Upstream upstream = seal.upstreams().get(attempt.upstream());
        Optional<CallReader> reader = upstream == null ? Optional.empty() : readers.find(seal, upstream);
        if (upstream == null || reader.isEmpty()) {
            return Resolution.Rejected.of(
                    lease,
                    Refusals.noUpstream(attempt.upstream(), seal.upstreams().keySet()));
        }
        Optional<Kill> kill = identity.killOf(attempt.upstream());
        if (kill.isPresent()) {
            return Resolution.Rejected.of(lease, kill.get().refusal());
        }
        ReadCall call = new ReadCall(seal, upstream, reader.get(), lease, attempt, freshness);
        return large.read(attempt.call(), lease.root(), reader.get()::read)
                .map(reading -> switch (reading) {
                    case CallReading.CallMeaning meaning ->
                        deleted(call, meaning).orElseGet(() -> underSeal(call, meaning));
                    case CallReading.PushMeaning(var rules) ->
                        pushed(
                                call,
                                call.upstream()
                                        .bots()
                                        .map(ProviderAnswers.of(Map.of())::under)
                                        .map(rules::knowing)
                                        .orElse(rules));
                    case CallReading.CallRejection(var reason, var next, var finality) ->
                        Resolution.Rejected.of(lease, Refusal.notUnderstood(reason, next, finality));
                })
                .orElseGet(() -> Resolution.Rejected.of(lease, Refusals.BUSY));
    }

    /** Goes on with what the call means by what the seal says of bots, if it changes something. */
    private Resolution underSeal(ReadCall call, CallReading.CallMeaning meaning) {
        if (call.upstream().bots().isEmpty() || meaning.actions().stream().allMatch(Action::isPureRead)) {
            return settled(call, meaning);
        }
        return readAgain(call, call.knowing(ProviderAnswers.of(Map.of())).reader())
                .map(meant -> settled(call, meant))
                .orElseGet(() -> Resolution.Rejected.of(call.lease(), Refusals.BUSY));
    }

    /** Goes on with what the call means by the provider's answers, if there are questions that would make it milder. */
    private Resolution settled(ReadCall call, CallReading.CallMeaning strict) {
        if (strict.questions().isEmpty()) {
            return understood(call, strict);
        }
        return readAgain(call, call.knowing(ProviderAnswers.mildest()).reader())
                .map(mildest -> call.knowing(present.answers(call, strict, mildest.actions())))
                .flatMap(known -> readAgain(known, known.reader()).map(meaning -> understood(known, meaning)))
                .orElseGet(() -> Resolution.Rejected.of(call.lease(), Refusals.BUSY));
    }

    private Optional<CallReading.CallMeaning> readAgain(ReadCall call, CallReader reader) {
        return large.read(call.attempt().call(), call.lease().root(), reader::read)
                .map(CallReading.CallMeaning.class::cast);
    }

    /** Goes on with a call that is understood. A reference to a secret in it would overwrite that secret. */
    private Resolution understood(ReadCall call, CallReading.CallMeaning meaning) {
        if (meaning.outgoing().holds(ResponseRedaction.REFERENCE)) {
            return Resolution.Rejected.of(call.lease(), Refusals.SECRET_REFERENCE);
        }
        Call outgoing = call.upstream().credentials().isEmpty()
                ? meaning.outgoing()
                : meaning.outgoing().forWholeAnswer();
        Optional<PriorState> prior =
                present.prior(call, meaning, outgoing, () -> hasRoom(call.seal(), call.lease()), states::nextReading);
        List<Action> actions = prior.isPresent()
                ? actions(call, meaning, prior)
                : deletions.within(call, actions(call, meaning, prior), meaning.deletions());
        if (!meaning.session().goesBy()) {
            return located(call, actions, outgoing, prior, meaning.redaction());
        }
        return call.attempt()
                .session()
                .target()
                .<Resolution>map(target ->
                        located(call, actions.stream().map(target::of).toList(), outgoing, prior, meaning.redaction()))
                .orElseGet(() -> Resolution.Rejected.of(
                        call.lease(), Refusals.noTarget(meaning.session().argument())));
    }

    private Resolution pushed(ReadCall call, PushRules rules) {
        LoopThreads.leave();
        long number = states.nextReading();
        CarriedSecrets.SecretCollector search = secrets.collector(call.attempt());
        PushReader.PushRequest request = new PushReader.PushRequest(
                call.seal(),
                call.upstream(),
                rules.outgoing(),
                call.lease().root(),
                call.lease().agent(),
                search,
                rules.runs());
        return switch (pushes.read(request)) {
            case PushReader.PushReading.ReadPush read -> {
                List<Action> actions = rules.judge(read.refs());
                Optional<PriorState> prior = hasRoom(call.seal(), call.lease())
                        ? present.prior(call, rules, read, number)
                        : Optional.empty();
                List<Action> known = prior.map(PriorState::actions).orElse(actions);
                Resolution.Resolved resolved = located(call, known, read.outgoing(), prior, Optional.empty());
                read.answering().accept(resolved.resolved());
                yield resolved;
            }
            case PushReader.PushReading.UnreadPush(var reason, var next) ->
                Resolution.Rejected.of(call.lease(), Refusal.notUnderstood(reason, next));
            case PushReader.PushReading.SecretPush(var places) -> secrets.pushed(call.lease(), search.found(), places);
            case PushReader.PushReading.UnavailablePush _ -> Resolution.Rejected.of(call.lease(), Refusals.UNREAD_PUSH);
        };
    }

    /**
     * Goes on with a call that deletes a branch or tag, as with the push that deletes it; empty if nobody can read it,
     * or it does more.
     */
    private Optional<Resolution> deleted(ReadCall call, CallReading.CallMeaning meaning) {
        if (meaning.deletions().isEmpty()) {
            return Optional.empty();
        }
        LoopThreads.leave(); // the repository is asked
        long number = states.nextReading();
        return deletions
                .read(call, meaning, hasRoom(call.seal(), call.lease()), number)
                .map(read -> located(call, read.actions(), meaning.outgoing(), read.prior(), meaning.redaction()));
    }

    /** Returns whether what a call changes may be kept: people are asked about one for which there is no room. */
    boolean hasRoom(Seal seal, Lease lease) {
        return seal.undo()
                .filter(rules -> states.hasRoom(lease.agent(), rules.maxBytes()))
                .isPresent();
    }

    private List<Action> actions(ReadCall call, CallReading.CallMeaning meaning, Optional<PriorState> prior) {
        Optional<Action> compared = meaning.stateCheck().map(asked -> present.compared(call, asked));
        Optional<List<Action>> kept =
                prior.map(PriorState::actions).filter(actions -> compared.isEmpty() || undoes(actions, compared.get()));
        return kept.or(() -> compared.map(List::of)).orElse(meaning.actions());
    }

    /** A kept state takes back what {@code compared} destroys, and nothing else. */
    private static boolean undoes(List<Action> kept, Action compared) {
        Set<Impact> more = EnumSet.copyOf(compared.impacts());
        more.remove(Impact.DESTROY);
        kept.forEach(action -> more.removeAll(action.impacts()));
        return more.isEmpty();
    }

    private Resolution.Resolved located(
            ReadCall call,
            List<Action> actions,
            Call outgoing,
            Optional<PriorState> prior,
            Optional<ResponseRedaction> redaction) {
        Seal seal = call.seal();
        List<Action> known = actions.stream().map(seal::classified).toList();
        String upstream = call.upstream().name();
        boolean isFresh = prior.isEmpty() && call.attempt().undoes().isEmpty();
        Optional<PreparedDecision> ready =
                isFresh ? prepared.find(seal, upstream, call.lease(), known) : Optional.empty();
        if (ready.isEmpty() && !(isFresh && prepared.isQuick(seal, upstream, known))) {
            LoopThreads.leave();
        }
        LocatedActions located = ready.map(PreparedDecision::located)
                .orElseGet(() -> inventory.locate(seal, upstream, call.lease().agent(), known, call.freshness()));
        return new Resolution.Resolved(
                seal,
                new ResolvedAttempt(
                        call.attempt(), call.lease(), known, located.placements(), located.radius(), outgoing, digests),
                located.gaps(),
                prior,
                redaction
                        .filter(_ -> call.upstream().referencesSecrets())
                        .map(places -> answer -> places.redact(answer)),
                Optional.empty(),
                ready);
    }

    /** Adds what the call would have done, for people only; nobody asks the provider about it. */
    private Resolution.Rejected withActions(Seal seal, Resolution.Rejected rejected, Attempt attempt) {
        if (rejected.alarm().isEmpty() || attempt.isProbe()) {
            return rejected;
        }
        try {
            Json.Members read = Json.object().with("seal", seal.id());
            List<Action> actions = attempted(seal, rejected, attempt);
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

    private List<Action> attempted(Seal seal, Resolution.Rejected rejected, Attempt attempt) {
        String holder = rejected.lease().map(Lease::root).or(attempt::place).orElse(LargeCalls.NOBODY);
        return Optional.ofNullable(seal.upstreams().get(attempt.upstream()))
                .flatMap(upstream -> readers.find(seal, upstream))
                .flatMap(reader -> large.read(attempt.call(), holder, reader::attempted))
                .orElse(List.of())
                .stream()
                .map(seal::classified)
                .toList();
    }

    private boolean holdsSecret(String text, Attempt attempt) {
        try {
            return identity.holdsPresented(text, attempt.presented()) || secrets.areIn(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A call of a known caller to a known upstream. */
    record ReadCall(
            Seal seal, Seal.Upstream upstream, CallReader reader, Lease lease, Attempt attempt, Freshness freshness) {

        ReadCall knowing(ProviderAnswers answers) {
            return new ReadCall(
                    seal,
                    upstream,
                    reader.knowing(upstream.bots().map(answers::under).orElse(answers)),
                    lease,
                    attempt,
                    freshness);
        }
    }

    /**
     * Limits how many large calls are read at once, and of those that are too long for memory to two. Threading: any.
     */
    static final class LargeCalls {

        /** What is read of a long body takes at most some 30 MiB. */
        private static final int MAX_LONG = 2;

        /** The length of a large body, in bytes. Reading a call takes many times its length of memory. */
        static final int LARGE = 1 << 16;

        /** Maximum large calls of one lease that wait to be read: as many as fill two connections. */
        static final int MAX_WAITING = 64;

        /** The sender of a call that came without a lease, and at no listener of one agent alone. */
        static final String NOBODY = "nobody";

        final FairSemaphore turns = FairSemaphore.ofReadings(MAX_WAITING);

        private final FairSemaphore turnsOfLong = new FairSemaphore(MAX_LONG, MAX_WAITING);

        <R> Optional<R> read(Call call, String holder, Function<Call, R> reader) {
            if (call.longBody().isPresent()) {
                return read(call, holder, reader, turnsOfLong);
            }
            return call.body().length() <= LARGE ? Optional.of(reader.apply(call)) : read(call, holder, reader, turns);
        }

        private static <R> Optional<R> read(Call call, String holder, Function<Call, R> reader, FairSemaphore turns) {
            // A sender whom nobody knows gets what is free, and does not delay others.
            boolean isAdmitted = holder.equals(NOBODY) ? turns.acquire(holder, Duration.ZERO) : turns.acquire(holder);
            if (!isAdmitted) {
                return Optional.empty();
            }
            try {
                return Optional.of(reader.apply(call));
            } finally {
                turns.release(holder);
            }
        }
    }
}
