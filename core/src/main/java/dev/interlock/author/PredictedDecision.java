package dev.interlock.author;

import dev.interlock.action.Attempt;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.policy.PolicyAnalysis;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the gateway would decide about a described attempt, as far as that can be known. It is {@code permit} only if
 * nothing that is not known could change it.
 *
 * @param explanation the decision of a policy directory, with the places and the loss that the gateway found, if it was
 *     asked
 * @param gateway the decision of the gateway under the seal in force, if it was asked
 * @param inForce whether the policy directory is what is in force
 * @param unknown what could change the decision and is not known, in whole sentences
 */
public record PredictedDecision(
        DecisionExplanation explanation, Optional<GatewayDecision> gateway, boolean inForce, List<String> unknown) {

    /** The word for a permit that something unknown could change. */
    public static final String UNCERTAIN = "uncertain";

    public PredictedDecision {
        unknown = List.copyOf(unknown);
    }

    /**
     * Decides under {@code draft}.
     *
     * @param described what a person stated; everything else is what the catalogs and the seal say of it
     * @param gateway its answer, or why there is none
     */
    public static PredictedDecision of(
            Seal draft, CatalogFacts catalogs, DescribedAttempt described, GatewayAnswer gateway, Instant now) {
        ResolvedAttempt local = at(now, described.under(draft, catalogs).resolved(draft));
        String upstream = local.attempt().upstream();
        List<String> unknown = new ArrayList<>();
        ResolvedAttempt resolved = local;
        switch (gateway) {
            case GatewayAnswer.NoAnswer(String why) -> {
                unknown.add(why);
                if (asksProvider(draft, local)) {
                    unknown.add(
                            "Where the provider has the resource, and what else would be lost: only the gateway asks it.");
                }
                unknown.add("Freezes, kills, and the use of budgets so far.");
            }
            case GatewayAnswer.Answered(GatewayDecision decision) -> {
                unknown.addAll(decision.gaps());
                if (decision.places(draft, upstream)) {
                    resolved = decision.locate(local);
                } else {
                    unknown.add(
                            "Where the gateway would find the resource under this policy directory: it places resources otherwise than the seal in force.");
                }
                if (!decision.isOf(draft) && !decision.inForce().limits().equals(draft.limits())) {
                    unknown.add("The use of budgets so far: those of the policy directory are not in force.");
                }
            }
        }
        unknown.addAll(undescribed(draft, catalogs.of(draft), described, local));
        return new PredictedDecision(
                DecisionExplanation.of(draft, resolved),
                gateway.decision(),
                gateway.decision().filter(decision -> decision.isOf(draft)).isPresent(),
                unknown);
    }

    /** The gateway's answer, or the reason why there is none. */
    public sealed interface GatewayAnswer {

        record Answered(GatewayDecision given) implements GatewayAnswer {}

        /** It was not asked, or did not answer. */
        record NoAnswer(String why) implements GatewayAnswer {}

        default Optional<GatewayDecision> decision() {
            return switch (this) {
                case Answered(GatewayDecision given) -> Optional.of(given);
                case NoAnswer _ -> Optional.empty();
            };
        }
    }

    private static ResolvedAttempt at(Instant now, ResolvedAttempt some) {
        Attempt attempt = some.attempt();
        return new ResolvedAttempt(
                new Attempt(attempt.upstream(), List.of(), Optional.empty(), attempt.call(), now),
                some.lease(),
                some.actions(),
                some.placements(),
                some.radius(),
                some.outgoing(),
                some.digests());
    }

    private static boolean asksProvider(Seal draft, ResolvedAttempt local) {
        Seal.Upstream upstream = draft.upstreams().get(local.attempt().upstream());
        return upstream == null || upstream.resolver().isPresent();
    }

    private static List<String> undescribed(
            Seal draft, CatalogFacts catalogs, DescribedAttempt described, ResolvedAttempt local) {
        List<String> unknown = new ArrayList<>();
        Operation operation = local.actions().getFirst().operation();
        Set<Impact> more = new TreeSet<>(catalogs.possible(operation));
        more.removeAll(local.impacts());
        if (described.impacts().isEmpty()
                && !more.isEmpty()
                && !draft.classify().containsKey(operation)) {
            unknown.add("Whether the arguments, or the fields of the answer, add "
                    + more.stream().map(impact -> "`" + impact.word() + "`").collect(Collectors.joining(", "))
                    + ": state the impacts with `--impact`.");
        }
        Set<String> read = new TreeSet<>();
        PolicyAnalysis.of(draft).comparedArguments().forEach(names -> read.addAll(names.keySet()));
        read.removeIf(name -> !catalogs.facts(operation).orElse(Set.of()).contains(Fact.readBy(name))
                || described.facts().containsKey(Fact.readBy(name)));
        if (!read.isEmpty()) {
            unknown.add("The arguments `" + String.join("`, `", read)
                    + "`, which policies read: state them with `--fact`. Here they are left out.");
        }
        if (draft.undo().isPresent()
                && described.reversibility().isEmpty()
                && local.actions().getFirst().reversibility() != Reversibility.REVERSIBLE) {
            unknown.add(
                    "Whether the gateway could keep the state before the call. It would then count as `recoverable`.");
        }
        return unknown;
    }

    /** Returns {@code permit}, {@code hold}, {@code refuse} or {@link #UNCERTAIN}. */
    public String word() {
        String own = explanation.word();
        if (!own.equals("permit")) {
            return own;
        }
        Optional<GatewayDecision> strict = gateway.filter(
                decision -> isDecisive(decision) && !decision.word().equals(own));
        return strict.map(GatewayDecision::word).orElse(unknown.isEmpty() ? own : UNCERTAIN);
    }

    /** Returns the reason for the {@link #word}, in one line. */
    public String because() {
        boolean isGateways = !word().equals(UNCERTAIN) && !word().equals(explanation.word());
        return isGateways ? gateway.orElseThrow().because() : explanation.verdictDetails();
    }

    private boolean isDecisive(GatewayDecision decision) {
        return decision.isStopped() || inForce;
    }

    public Json.Members json() {
        Json.Members json = explanation.json();
        return json.with("under_policies", explanation.word())
                .with("verdict", word())
                .with("because", because())
                .withTexts("unknown", unknown)
                .with("gateway_asked", gateway.isPresent())
                .with("in_force", inForce)
                .withOptional("gateway_verdict", gateway.map(GatewayDecision::word));
    }
}
