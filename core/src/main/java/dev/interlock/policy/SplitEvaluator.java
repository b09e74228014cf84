package dev.interlock.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.CacheException;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** A seal's permits and forbids, each evaluated without the other, so that one does not hide the other. */
public final class SplitEvaluator {

    /** The ids of all permits and of all forbids that match a question. */
    public record MatchingPolicies(PolicyQuestion question, Set<String> permitting, Set<String> forbidding) {}

    private final Seal seal;
    private final Set<String> arguments;
    private final Optional<CompiledPolicies> permits;
    private final Optional<CompiledPolicies> forbids;

    SplitEvaluator(Seal seal, List<PolicyRule> rules) {
        this.seal = seal;
        this.arguments = ArgumentReads.names(rules);
        this.permits = compiled(rules, true);
        this.forbids = compiled(rules, false);
    }

    private static Optional<CompiledPolicies> compiled(List<PolicyRule> rules, boolean permit) {
        StringBuilder text = new StringBuilder();
        for (PolicyRule rule : rules) {
            if (rule.permit() == permit) {
                text.append(rule.source()).append('\n');
            }
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(CompiledPolicies.of(
                    "apart",
                    List.of(new Seal.PolicyText("apart.cedar", text.toString())),
                    new BasicAuthorizationEngine()));
        } catch (CacheException | LinkageError e) {
            throw new MalformedException("Cedar rejects the policies: " + e.getMessage(), e);
        }
    }

    /** Evaluates each question about {@code sensed} that may reach a policy. */
    public List<MatchingPolicies> about(ResolvedAttempt sensed) {
        Seal.Agent agent =
                Objects.requireNonNull(seal.agents().get(sensed.lease().agent()));
        return PolicyQuestion.of(sensed.actions(), sensed, arguments).stream()
                .filter(question -> question.impact() != Impact.UNKNOWN) // refused before any policy is asked
                .map(PolicyRequest.about(seal, agent, sensed))
                .map(this::matching)
                .toList();
    }

    private MatchingPolicies matching(PolicyRequest asked) {
        boolean isFaithful = asked.hasFaithfulForm();
        return new MatchingPolicies(
                asked.question(), matching(permits, asked, isFaithful), matching(forbids, asked, isFaithful));
    }

    /**
     * Returns the ids of the policies that match. Evaluated without permits, matching forbids answer
     * {@code DeniedLease} with their ids; evaluated without forbids, matching permits answer {@code CedarPermitted}.
     */
    private static Set<String> matching(Optional<CompiledPolicies> some, PolicyRequest asked, boolean isFaithful) {
        return some.map(policies -> switch (policies.ask(asked, isFaithful)) {
                    case CedarAnswer.CedarPermitted permitted -> permitted.policies();
                    case CedarAnswer.CedarDenied denied -> denied.policies();
                    case CedarAnswer.CedarError _, CedarAnswer.NoCedarAnswer _ -> Set.<String>of();
                })
                .orElse(Set.of());
    }
}
