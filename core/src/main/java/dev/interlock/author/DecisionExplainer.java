package dev.interlock.author;

import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.author.DecisionExplanation.ExplainedCondition;
import dev.interlock.author.DecisionExplanation.ExplainedPolicy;
import dev.interlock.author.DecisionExplanation.ExplainedQuestion;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.CedarAnswer;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyRule;
import java.util.List;

/** Explains one decision: the effect of each policy and each condition by itself. */
final class DecisionExplainer {

    private final Policies policies = new Policies(_ -> "");
    private final Seal seal;
    private final ResolvedAttempt sensed;
    private final PolicyAnalysis dissection;

    DecisionExplainer(Seal seal, ResolvedAttempt sensed) {
        this.seal = seal;
        this.sensed = sensed;
        this.dissection = PolicyAnalysis.of(seal);
    }

    DecisionExplanation explain() {
        return new DecisionExplanation(policies.decide(seal, sensed), parts(), LimitDescription.about(seal, sensed));
    }

    private List<ExplainedQuestion> parts() {
        return dissection.answerQuestions(policies, sensed).stream()
                .map(this::part)
                .toList();
    }

    private ExplainedQuestion part(PolicyAnalysis.AnsweredQuestion heard) {
        List<ExplainedPolicy> deciding =
                heard.matching().stream().map(DecisionExplainer::matching).toList();
        return new ExplainedQuestion(
                heard.question().operation().toString(),
                heard.question().words(),
                word(heard.answer()),
                deciding,
                dissection.rules().size() - deciding.size());
    }

    private static String word(CedarAnswer answer) {
        return switch (answer) {
            case CedarAnswer.CedarPermitted _ -> "permitted";
            case CedarAnswer.CedarDenied denied -> denied.policies().isEmpty() ? "permitted by nobody" : "forbidden";
            case CedarAnswer.CedarError _ -> "erred";
            case CedarAnswer.NoCedarAnswer _ -> "no answer";
        };
    }

    private static ExplainedPolicy matching(PolicyAnalysis.PolicyMatch matching) {
        PolicyRule rule = matching.rule();
        String result = switch (matching.alone()) {
            case FIRES -> rule.permit() ? "permits" : "forbids";
            case DOES_NOT -> "conditions do not hold";
            case ERRS -> "erred";
        };
        return new ExplainedPolicy(
                rule.id(),
                rule.file() + ":" + rule.line(),
                result,
                Annotations.write(rule.obligations()),
                matching.conditions().stream().map(DecisionExplainer::clause).toList());
    }

    private static ExplainedCondition clause(PolicyAnalysis.ConditionResult condition) {
        String result = switch (condition.alone()) {
            case FIRES -> "holds";
            case DOES_NOT -> "does not hold";
            case ERRS -> "errs";
        };
        return new ExplainedCondition(condition.text(), result);
    }
}
