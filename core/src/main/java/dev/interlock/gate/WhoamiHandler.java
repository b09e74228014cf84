package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Call;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OwnCall;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourceContainment;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Whoami.Ability;
import dev.interlock.gate.Whoami.Answer;
import dev.interlock.gate.Whoami.Kind;
import dev.interlock.gate.Whoami.Ruling;
import dev.interlock.gate.Whoami.Where;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.vault.CredentialKeeper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds out what the holder of a lease may do, by deciding about each kind of operation of the catalogs as about a call
 * that nobody sends. Threading: one survey at a time, because it costs as much as a hundred dry runs.
 */
public final class WhoamiHandler implements WhoamiRequests {

    private static final Call UNSENT = new OwnCall(Json.object());

    private static final System.Logger LOG = System.getLogger(WhoamiHandler.class.getName());

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final CatalogFacts catalogs;
    private final Confirmations confirmations;
    private final LimitEnforcer limits;
    private final CredentialKeeper keys;
    private final AuditRecorder records;
    private final CallHandler handler;

    public WhoamiHandler(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            CatalogFacts catalogs,
            Confirmations confirmations,
            LimitEnforcer limits,
            CredentialKeeper keys,
            AuditRecorder records,
            CallHandler handler) {
        this.seals = seals;
        this.identity = identity;
        this.catalogs = catalogs;
        this.confirmations = confirmations;
        this.limits = limits;
        this.keys = keys;
        this.records = records;
        this.handler = handler;
    }

    @Override
    public Result whoami(List<Attempt.PresentedCredential> presented, Optional<String> place, Instant at) {
        try {
            return switch (identity.recognise(presented, place, at)) {
                case CallIdentity.KnownCaller known ->
                    seals.get()
                            .<Result>map(seal -> new Result.WhoamiReport(of(seal, known.lease())))
                            .orElseGet(() -> new Result.RefusedWhoami("", Refusals.OURS));
                case CallIdentity.RejectedCaller rejected -> refused(CallerCheck.rejected(rejected), place);
            };
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "not told, because the ledger cannot append", e);
            return new Result.RefusedWhoami("", Refusals.noLedger(e));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "not told, because of an internal failure", e);
            return new Result.RefusedWhoami("", Refusals.OURS);
        }
    }

    private Result refused(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        return new Result.RefusedWhoami(records.refused(rejected, place), rejected.refusal());
    }

    /** Returns what the holder of {@code lease} may do under {@code seal}. */
    public synchronized Whoami of(Seal seal, Lease lease) {
        Survey survey = new Survey(seal, lease, records.now());
        Map<String, String> stopped = new TreeMap<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            identity.stopReason(lease, upstream.name())
                    .ifPresentOrElse(
                            stop -> stopped.put(upstream.name(), stop.reason()), () -> survey.examine(upstream));
        }
        return new Whoami(
                seal,
                lease,
                survey.abilities(),
                stopped,
                limits.used(seal, survey.possible),
                lease.id().equals(lease.root()) ? confirmations.questions(lease, seal) : List.of());
    }

    private final class Survey {

        private final Seal seal;
        private final Lease lease;
        private final Instant now;
        private final CatalogFacts facts;
        private final Map<Where, Map<Kind, Map<Ruling, Set<Operation>>>> found = new LinkedHashMap<>();
        /** By all that the judgement of a call depends on; by its operation only if the seal names it. */
        private final Map<List<Object>, Ruling> rulings = new HashMap<>();

        private final List<ResolvedAttempt> possible = new ArrayList<>();

        Survey(Seal seal, Lease lease, Instant now) {
            this.seal = seal;
            this.lease = lease;
            this.now = now;
            this.facts = catalogs.of(seal);
        }

        void examine(Seal.Upstream upstream) {
            Collection<Placement> places = places(upstream);
            actions(upstream.catalog()).forEach(action -> places.forEach(place -> examine(upstream, action, place)));
        }

        /** Returns a place for each set of environments that the upstream's resources may be in. */
        private Collection<Placement> places(Seal.Upstream upstream) {
            Map<Set<String>, Placement> places = new LinkedHashMap<>();
            Stream.concat(
                            lease.resources().stream().flatMap(resource -> upstream.placement(resource).stream()),
                            upstream.resources().values().stream())
                    .forEach(place -> places.putIfAbsent(place.environments(), place));
            Resource any = new Resource(upstream.catalog(), "thing", "any");
            upstream.patterns()
                    .forEach(pattern -> places.putIfAbsent(
                            pattern.environments(), at(any, pattern.environments(), pattern.groups())));
            if (places.isEmpty()) {
                seal.environments().keySet().forEach(name -> places.put(Set.of(name), at(any, Set.of(name), Set.of())));
            }
            return places.values();
        }

        private static Placement at(Resource resource, Set<String> environments, Set<Resource> groups) {
            return new Placement(resource, environments, groups, Provenance.SEALED, true);
        }

        /** Returns the catalog's operations, and one that it does not know. */
        private Stream<Action> actions(String catalog) {
            Resource any = new Resource(catalog, "thing", "any");
            Stream<Action> unknown = Stream.concat(
                            Stream.of(new Operation(catalog, "unheard-of")), seal.classify().keySet().stream())
                    .filter(operation -> operation.provider().equals(catalog))
                    .map(operation -> action(operation, Set.of(Impact.UNKNOWN), Reversibility.IRREVERSIBLE, any));
            return Stream.concat(facts.operations(catalog).stream().map(known -> action(known, any)), unknown);
        }

        private static Action action(OperationSummary known, Resource any) {
            Set<Impact> impacts = known.impacts().isEmpty() ? known.possible() : known.impacts();
            return action(
                    known.operation(),
                    impacts.isEmpty() ? Set.of(Impact.UNKNOWN) : impacts,
                    known.reversibility(),
                    any);
        }

        private static Action action(
                Operation operation, Set<Impact> impacts, Reversibility reversibility, Resource any) {
            return new Action(operation, impacts, reversibility, Set.of(any), List.of());
        }

        private void examine(Seal.Upstream upstream, Action assumed, Placement at) {
            Action action = seal.classified(
                    action(assumed.operation(), assumed.impacts(), assumed.reversibility(), at.resource()));
            Placement place = new ResourceContainment(upstream).placed(at, action.impacts());
            ResolvedAttempt attempt = new ResolvedAttempt(
                    new Attempt(upstream.name(), List.of(), Optional.empty(), UNSENT, now),
                    lease,
                    List.of(action),
                    Map.of(at.resource(), place),
                    new BlastRadius(
                            place.environments(),
                            action.has(Impact.DESTROY) ? Set.of(at.resource()) : Set.of(),
                            List.of(),
                            List.of(),
                            List.of()),
                    UNSENT,
                    SaltedDigests.OPEN); // it is never recorded
            Ruling ruling = rulings.computeIfAbsent(
                    List.of(
                            upstream.name(),
                            place,
                            action.impacts(),
                            action.reversibility(),
                            handler.distinguishes(seal, action.operation()) ? action.operation() : ""),
                    _ -> ruling(attempt));
            if (ruling.answer() == Answer.PASSES || ruling.answer() == Answer.ASKED) {
                possible.add(attempt);
            }
            found.computeIfAbsent(new Where(upstream.name(), at.environments()), _ -> new TreeMap<>())
                    .computeIfAbsent(kind(action), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(ruling, _ -> new TreeSet<>(Comparator.comparing(Operation::toString)))
                    .add(action.operation());
        }

        private Ruling ruling(ResolvedAttempt attempt) {
            return switch (handler.judge(seal, attempt)) {
                case Verdict.Permit _ ->
                    isPublicRead(attempt)
                            ? new Ruling(Answer.PASSES, "")
                            : openable(attempt, new Ruling(Answer.PASSES, ""));
                case Verdict.Hold(var _, var obligations) -> openable(attempt, Ruling.asked(obligations));
                case Verdict.Refuse(var _, Refusal refusal) ->
                    switch (refusal.finality()) {
                        case APPROVABLE ->
                            openable(attempt, new Ruling(Answer.ASKED, "after an elevation of this lease"));
                        case RETRYABLE -> new Ruling(Answer.LATER, refusal.reason());
                        case FINAL -> new Ruling(Answer.NEVER, "");
                    };
            };
        }

        /** Whether it needs no credential. The vault gives none there, and nobody can confirm more than reads. */
        private boolean isPublicRead(ResolvedAttempt attempt) {
            return attempt.impacts().equals(Set.of(Impact.READ))
                    && Optional.ofNullable(
                                    seal.upstreams().get(attempt.attempt().upstream()))
                            .filter(upstream -> upstream.credentials().isEmpty())
                            .isPresent();
        }

        /** What no credential covers is not sent, whoever agrees. */
        private Ruling openable(ResolvedAttempt attempt, Ruling ruling) {
            try {
                return keys.obstacle(seal.id(), attempt)
                        .map(why -> new Ruling(Answer.LATER, why))
                        .orElse(ruling);
            } catch (IOException _) {
                return new Ruling(Answer.LATER, "The keys process does not answer.");
            }
        }

        private static Kind kind(Action action) {
            Impact worst = Stream.of(
                            Impact.UNKNOWN,
                            Impact.CREDENTIAL,
                            Impact.DESTROY,
                            Impact.PRIVILEGE,
                            Impact.EXECUTE,
                            Impact.WRITE)
                    .filter(action::has)
                    .findFirst()
                    .orElse(Impact.READ);
            return new Kind(worst, worst == Impact.WRITE && action.reversibility() == Reversibility.IRREVERSIBLE);
        }

        /** Of each kind, the answer that most operations get is the rule. */
        List<Ability> abilities() {
            List<Ability> abilities = new ArrayList<>();
            found.forEach((where, kinds) -> kinds.forEach((kind, rulings) -> {
                int most = rulings.values().stream().mapToInt(Set::size).max().orElse(0);
                boolean isTold = false;
                for (Map.Entry<Ruling, Set<Operation>> one : rulings.entrySet()) {
                    boolean isRule = !isTold && one.getValue().size() == most;
                    isTold |= isRule;
                    abilities.add(new Ability(one.getKey(), where, kind, one.getValue(), isRule));
                }
            }));
            abilities.sort(Comparator.comparing(ability -> !ability.isRule())); // exceptions come last
            return abilities;
        }
    }
}
