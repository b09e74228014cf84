package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.CacheException;
import dev.interlock.action.Action;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.MalformedException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Decides about attempts. It checks the lease's scope, then one Cedar request for every impact × resource ×
 * environment; all must permit. Any error, the gateway's or a policy's, refuses.
 *
 * <p>Threading: any thread may ask. The policies of the seal used last stay parsed, with their cached answers.
 */
public final class Policies {

    /** At about 0.1 ms each, more would take half a second; nobody confirms so much at once. */
    static final int MAX_QUESTIONS = 4096;

    /** The impacts that may pass while a seal observes. An action with any other impact may not. */
    private static final Set<Impact> OBSERVED = Set.of(Impact.READ, Impact.WRITE);

    private static final String SAY_NO_MORE =
            Refusal.NO_OTHER_FORM + "Tell the owner of this task; only a new seal can permit it.";

    private final Function<ResolvedAttempt, String> consequences;
    private final AuthorizationEngine engine;
    private final AtomicReference<Optional<CompiledPolicies>> compiled = new AtomicReference<>(Optional.empty());

    /** {@code consequences} describes what an attempt would cost, in whole sentences; empty if nothing. */
    public Policies(Function<ResolvedAttempt, String> consequences) {
        this(consequences, new BasicAuthorizationEngine());
    }

    Policies(Function<ResolvedAttempt, String> consequences, AuthorizationEngine engine) {
        this.consequences = consequences;
        this.engine = engine;
    }

    /** Parses the policies of {@code seal} for later attempts, or throws a {@code MalformedException}. */
    public void prepare(Seal seal) {
        var _ = prepared(seal);
    }

    /** Callers use the returned value: another thread may replace the stored one at any moment. */
    private CompiledPolicies prepared(Seal seal) {
        CompiledPolicies fresh = compile(seal.id(), seal.policies());
        compiled.set(Optional.of(fresh));
        return fresh;
    }

    private CompiledPolicies compile(String seal, List<Seal.PolicyText> texts) {
        try {
            return CompiledPolicies.of(seal, texts, engine);
        } catch (CacheException | LinkageError e) {
            throw new MalformedException("Cedar rejects the policies: " + e.getMessage(), e);
        }
    }

    /** Returns whether a policy about what it grants requires another person. True if the policies cannot be read. */
    public boolean wantsOthers(Seal seal, Elevation elevation) {
        return policiesOf(seal).map(policies -> policies.wantsOthers(elevation)).orElse(true);
    }

    /**
     * Returns whether the seal can tell {@code operation} from others with the same impacts: it or a policy names it.
     */
    public boolean distinguishes(Seal seal, Operation operation) {
        return seal.classify().containsKey(operation)
                || seal.approvals().exempts(operation)
                || policiesOf(seal).stream().allMatch(policies -> policies.names(operation));
    }

    /** Returns whether the lease of {@code sensed} covers all of it, before any policy is asked. */
    public boolean covers(Seal seal, ResolvedAttempt sensed) {
        return LeaseScopeCheck.of(seal, classified(seal, sensed), sensed).covers();
    }

    private static List<Action> classified(Seal seal, ResolvedAttempt sensed) {
        return sensed.actions().stream().map(seal::classified).toList();
    }

    /** Decides about {@code sensed} under {@code seal}. Never throws for anything that an agent can cause. */
    public Verdict decide(Seal seal, ResolvedAttempt sensed) {
        return decide(seal, sensed, false);
    }

    /**
     * Decides like {@link #decide}, but permits what the seal only observes at {@code now}; the grounds record that.
     */
    public Verdict decideOrObserve(Seal seal, ResolvedAttempt sensed, Instant now) {
        return decide(seal, sensed, seal.observesAt(now) && isObservable(seal, sensed));
    }

    /** Only reads, and reversible changes to placed resources outside protected environments. */
    private static boolean isObservable(Seal seal, ResolvedAttempt sensed) {
        return sensed.actions().stream()
                .map(seal::classified)
                .allMatch(action -> action.isPureRead()
                        || (OBSERVED.containsAll(action.impacts())
                                && action.resources().stream()
                                        .map(sensed::placement)
                                        .allMatch(place -> place.known() && !isProtected(seal, place))));
    }

    private static boolean isProtected(Seal seal, Placement place) {
        return place.environments().stream()
                .map(seal.environments()::get)
                .anyMatch(environment -> environment == null || environment.isProtected());
    }

    /** Returns the arguments that policies of {@code seal} read; empty if these cannot be read. */
    public Optional<Set<String>> argumentsRead(Seal seal) {
        return policiesOf(seal).map(CompiledPolicies::arguments);
    }

    /** Returns whether a decision about a read may depend on which resource it is, and not only on where that is. */
    public boolean tellApart(Seal seal, Operation operation) {
        return policiesOf(seal).stream().allMatch(policies -> policies.tellApart(operation));
    }

    /** Returns whether neither the seal's end nor a code freeze refuses {@code sensed} at its time. */
    public boolean isTimely(Seal seal, ResolvedAttempt sensed) {
        return expired(seal, sensed).isEmpty()
                && frozen(seal, classified(seal, sensed), sensed).isEmpty();
    }

    /** Returns whether {@link #decide} refuses {@code sensed}. What an elevation would change is not asked for that. */
    public boolean refuses(Seal seal, ResolvedAttempt sensed) {
        return !LeaseScopeCheck.of(seal, classified(seal, sensed), sensed).covers()
                || decide(seal, sensed) instanceof Verdict.Refuse;
    }

    private Verdict decide(Seal seal, ResolvedAttempt sensed, boolean observing) {
        VerdictReasons grounds = new VerdictReasons(seal.id(), List.of());
        List<Action> actions = classified(seal, sensed);
        return expired(seal, sensed)
                .or(() -> frozen(seal, actions, sensed))
                .or(() -> unknown(actions))
                .<Verdict>map(refusal -> new Verdict.Refuse(grounds, refusal))
                .orElseGet(() -> scoped(seal, actions, sensed, observing));
    }

    private static Optional<Refusal> expired(Seal seal, ResolvedAttempt sensed) {
        return sensed.attempt().at().isBefore(seal.expires())
                ? Optional.empty()
                : Optional.of(Refusal.unavailable(
                        "The seal in force expired at " + seal.expires() + ", and nothing is permitted without one.",
                        "Wait until the organisation has sealed its policy again. Nothing was sent."));
    }

    private static Optional<Refusal> frozen(Seal seal, List<Action> actions, ResolvedAttempt sensed) {
        return seal.codeFreezes().stream()
                .filter(freeze -> freeze.isActive(sensed.attempt().at()))
                .filter(freeze -> actions.stream()
                        .anyMatch(action -> action.resources().stream()
                                .anyMatch(resource -> freeze.stops(action, sensed.placement(resource)))))
                .findFirst()
                .map(freeze -> new Refusal(
                        Refusal.Kind.DENIED,
                        Refusal.Finality.RETRYABLE,
                        "A code freeze is in force until " + freeze.until() + ": "
                                + FormattedText.of(freeze.reason()) + ". Until then nothing changes in "
                                + (freeze.environments().isEmpty()
                                        ? "any environment"
                                        : String.join(", ", freeze.environments()))
                                + ".",
                        "Go on with what only reads, or come back after the freeze. Nothing was sent.",
                        List.of(),
                        Optional.empty()));
    }

    private static Optional<Refusal> unknown(List<Action> actions) {
        return actions.stream()
                .filter(action -> action.has(Impact.UNKNOWN))
                .findFirst()
                .map(action -> {
                    String name = FormattedText.of(action.operation().toString());
                    return Refusal.denied(
                            "`%s` is in no catalog of this gateway, so its effect is not known and it is always refused."
                                    .formatted(name),
                            "Use an operation from the catalog. " + SAY_NO_MORE,
                            List.of(name));
                });
    }

    /** A refusal offers an elevation only if the policies would permit or hold the attempt under it. */
    private Verdict scoped(Seal seal, List<Action> actions, ResolvedAttempt sensed, boolean observing) {
        LeaseScopeCheck scope = LeaseScopeCheck.of(seal, actions, sensed);
        if (!scope.covers()) {
            return outside(seal, actions, scope, observing);
        }
        Verdict verdict = conjunction(seal, actions, sensed, observing);
        if (!(verdict instanceof Verdict.Refuse refused) || scope.unnamed().isEmpty()) {
            return verdict;
        }
        ElevatedVerdict last = elevated(seal, actions, scope, observing).getLast();
        return last.isRefused()
                ? refused
                : new Verdict.Refuse(
                        refused.grounds(),
                        approvable(
                                last.elevation(),
                                refused.refusal().reason() + " " + scope.naming(),
                                refused.refusal().covers()));
    }

    private Verdict.Refuse outside(Seal seal, List<Action> actions, LeaseScopeCheck scope, boolean observing) {
        List<ElevatedVerdict> elevated = elevated(seal, actions, scope, observing);
        if (!elevated.getLast().isRefused()) {
            return new Verdict.Refuse(
                    new VerdictReasons(seal.id(), List.of()),
                    approvable(
                            elevated.getLast().elevation(),
                            withConsequences(scope.reason(), scope.attempt()),
                            scope.refused()));
        }
        ElevatedVerdict first = elevated.getFirst();
        Verdict.Refuse refused = (Verdict.Refuse) first.verdict();
        Refusal why = refused.refusal();
        return why.kind() != Refusal.Kind.DENIED
                ? refused
                : new Verdict.Refuse(
                        refused.grounds(),
                        Refusal.denied(
                                withConsequences(
                                        scope.reason() + " An elevation would not change that. " + why.reason(),
                                        first.elevation().attempt()),
                                why.next(),
                                scope.refused()));
    }

    private record ElevatedVerdict(LeaseScopeCheck.NeededElevation elevation, Verdict verdict) {
        boolean isRefused() {
            return verdict instanceof Verdict.Refuse;
        }
    }

    private List<ElevatedVerdict> elevated(Seal seal, List<Action> actions, LeaseScopeCheck scope, boolean observing) {
        List<ElevatedVerdict> elevated = new ArrayList<>();
        for (LeaseScopeCheck.NeededElevation elevation : scope.elevations()) {
            elevated.add(new ElevatedVerdict(elevation, conjunction(seal, actions, elevation.attempt(), observing)));
            if (!elevated.getLast().isRefused()) {
                break;
            }
        }
        return elevated;
    }

    private static Refusal approvable(LeaseScopeCheck.NeededElevation elevation, String reason, List<String> covers) {
        return new Refusal(
                Refusal.Kind.DENIED,
                Refusal.Finality.APPROVABLE,
                reason,
                elevation.next(),
                covers,
                Optional.of(elevation.command()));
    }

    private String withConsequences(String reason, ResolvedAttempt sensed) {
        return (reason + " " + consequences.apply(sensed)).strip();
    }

    private Verdict conjunction(Seal seal, List<Action> actions, ResolvedAttempt sensed, boolean observing) {
        VerdictReasons grounds = new VerdictReasons(seal.id(), List.of());
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        if (agent == null) {
            return new Verdict.Refuse(
                    grounds,
                    Refusal.denied("The seal in force does not know this agent.", SAY_NO_MORE, List.of("every call")));
        }
        Optional<CompiledPolicies> policies = policiesOf(seal);
        if (policies.isEmpty()) {
            return new Verdict.Refuse(grounds, noAnswer());
        }
        Set<PolicyQuestion> questions =
                PolicyQuestion.of(actions, sensed, policies.get().arguments());
        if (questions.size() > MAX_QUESTIONS) {
            return new Verdict.Refuse(
                    grounds,
                    Refusal.denied(
                            "It touches more resources, or has more values of arguments, than one decision can cover.",
                            "Split it into smaller calls.",
                            List.of("calls on this many resources")));
        }
        return new Evaluation(
                        policies.get(),
                        PolicyRequest.about(seal, agent, sensed),
                        grounds,
                        observing,
                        seal.approvals(),
                        sensed.radius().names())
                .evaluate(
                        questions,
                        actions.stream()
                                .filter(action -> seal.needsApproval(action, sensed.environments()))
                                .findFirst());
    }

    private Optional<CompiledPolicies> policiesOf(Seal seal) {
        Optional<CompiledPolicies> ready = compiled.get().filter(policies -> policies.isOf(seal));
        if (ready.isPresent()) {
            return ready;
        }
        LoopThreads.leave(); // parsing takes long
        try {
            return Optional.of(prepared(seal));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    /** Asks one question by itself, in the same way as {@link #decide}. */
    CedarAnswer ask(Seal seal, PolicyRequest asked) {
        return policiesOf(seal).map(policies -> policies.ask(asked)).orElseGet(CedarAnswer.NoCedarAnswer::new);
    }

    private static Refusal noAnswer() {
        return Refusal.unavailable(
                "Interlock could not evaluate its policy, so it refuses the call.",
                "Try again in a minute; if it fails again, tell the owner of this task. Nothing was sent.");
    }

    private final class Evaluation {

        private final CompiledPolicies policies;
        private final Function<PolicyQuestion, PolicyRequest> attempt;
        private final VerdictReasons grounds;
        private final boolean observing;
        private final ApprovalRules approvals;
        private final Map<Resource, String> names;
        private final Set<String> permitting = new TreeSet<>();
        private Obligations obligations = Obligations.NONE;
        /** Those that a permit relaxes, too. */
        private Obligations unrelaxed = Obligations.NONE;

        private Optional<Refusal> observed = Optional.empty();

        Evaluation(
                CompiledPolicies policies,
                Function<PolicyQuestion, PolicyRequest> attempt,
                VerdictReasons grounds,
                boolean observing,
                ApprovalRules approvals,
                Map<Resource, String> names) {
            this.names = names;
            this.policies = policies;
            this.attempt = attempt;
            this.grounds = grounds;
            this.observing = observing;
            this.approvals = approvals;
        }

        /** Answers all questions; {@code irreversible} is an action that must not happen without approval. */
        Verdict evaluate(Set<PolicyQuestion> questions, Optional<Action> irreversible) {
            for (PolicyQuestion question : questions) {
                Optional<Verdict> refused = refused(question);
                if (refused.isPresent()) {
                    return refused.get();
                }
            }
            boolean needsPeople = irreversible.isPresent()
                    || questions.stream().anyMatch(question -> question.impact() == Impact.DESTROY);
            if (needsPeople && obligations.quorums().isEmpty()) {
                obligations = unrelaxed; // what nobody may do unasked, no permit relaxes
            }
            if (irreversible.isPresent() && obligations.quorums().isEmpty()) {
                return new Verdict.Refuse(
                        grounds.and(permitting), unapproved(irreversible.get().operation()));
            }
            VerdictReasons some = grounds.and(permitting);
            VerdictReasons all = observed.map(some::observing).orElse(some);
            return obligations.isEmpty() ? new Verdict.Permit(all) : new Verdict.Hold(all, approvals.of(obligations));
        }

        /** No permit may replace the approval of people: what it permits cannot be taken back. */
        private static Refusal unapproved(Operation operation) {
            String name = FormattedText.of(operation.toString());
            return Refusal.denied(
                    "`" + name + "` cannot be undone, and no policy asks a person to approve it.",
                    SAY_NO_MORE,
                    List.of(name));
        }

        private Optional<Verdict> refused(PolicyQuestion question) {
            return switch (policies.ask(attempt.apply(question))) {
                case CedarAnswer.CedarPermitted permitted -> {
                    permitting.addAll(permitted.policies());
                    List<PolicyRule> rules = policies.rules(permitted.policies());
                    obligations = obligations.and(PolicyRule.united(rules));
                    for (PolicyRule rule : rules) {
                        unrelaxed = unrelaxed.and(rule.obligations());
                    }
                    yield Optional.empty();
                }
                case CedarAnswer.CedarDenied denied -> denied(question, denied);
                case CedarAnswer.CedarError erred ->
                    Optional.of(refuse(
                            question,
                            erred.policies(),
                            "The policy " + ids(erred.policies()) + " could not be evaluated for " + question.words()
                                    + ", so the call is refused."
                                    + question.arguments().unclearWords()));
                case CedarAnswer.NoCedarAnswer _ -> {
                    compiled.set(Optional.empty()); // compiled anew for the next attempt; this one is refused
                    yield Optional.of(new Verdict.Refuse(grounds, noAnswer()));
                }
            };
        }

        /** A forbid is an explicit denial and always refuses; a missing permit may be an oversight. */
        private Optional<Verdict> denied(PolicyQuestion question, CedarAnswer.CedarDenied denied) {
            Verdict.Refuse refused = refuse(question, denied.policies(), reason(question, denied));
            if (observing && denied.policies().isEmpty()) {
                observed = observed.or(() -> Optional.of(refused.refusal()));
                return Optional.empty();
            }
            return Optional.of(refused);
        }

        private Verdict.Refuse refuse(PolicyQuestion question, Set<String> ids, String reason) {
            return new Verdict.Refuse(
                    grounds.and(ids),
                    Refusal.denied(
                            reason, SAY_NO_MORE, List.of(question.impact().word() + " in " + question.environment())));
        }

        private String reason(PolicyQuestion question, CedarAnswer.CedarDenied denied) {
            return denied.policies().isEmpty()
                    ? "No policy permits " + question.words(names) + "."
                    : "The policy " + ids(denied.policies()) + " forbids " + question.words(names) + ".";
        }

        private static String ids(Set<String> ids) {
            return "`" + String.join("`, `", new TreeSet<>(ids)) + "`";
        }
    }
}
