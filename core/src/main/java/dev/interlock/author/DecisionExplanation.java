package dev.interlock.author;

import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.CedarAnswer;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyRule;
import java.util.List;

/**
 * Explains a verdict. All of it comes from real decisions, never from guesses.
 *
 * @param verdict the verdict on the whole attempt
 * @param parts each question that the policies are asked, even where the lease alone refuses
 * @param limits the budgets and sequences that concern the attempt; the verdict assumes that no attempt went before
 */
public record DecisionExplanation(Verdict verdict, List<ExplainedQuestion> parts, List<String> limits) {

    /**
     * One question.
     *
     * @param words for example "`destroy` on `railway:volume/x` in `staging`"
     * @param answer {@code permitted}, {@code forbidden}, {@code permitted by nobody}, {@code erred}, {@code no answer}
     * @param deciding the policies whose heads match, with the result of each
     * @param others the number of policies about something else
     */
    public record ExplainedQuestion(
            String operation, String words, String answer, List<ExplainedPolicy> deciding, int others) {
        public ExplainedQuestion {
            deciding = List.copyOf(deciding);
        }

        Json.Members json() {
            return Json.object()
                    .with("operation", operation)
                    .with("question", words)
                    .with("answer", answer)
                    .withItems("policies", deciding.stream().map(ExplainedPolicy::json))
                    .with("not_matching", others);
        }
    }

    /**
     * A policy whose head matches.
     *
     * @param at file and line
     * @param result {@code permits}, {@code forbids}, {@code conditions do not hold} or {@code erred}
     * @param obligations its own obligations as written in the policy; empty for none
     */
    public record ExplainedPolicy(
            String id, String at, String result, String obligations, List<ExplainedCondition> clauses) {
        public ExplainedPolicy {
            clauses = List.copyOf(clauses);
        }

        Json.Members json() {
            return Json.object()
                    .with("id", id)
                    .with("at", at)
                    .with("result", result)
                    .with("obligations", obligations)
                    .withItems("conditions", clauses.stream().map(ExplainedCondition::json));
        }
    }

    /**
     * One {@code when} or {@code unless} condition, evaluated by itself.
     *
     * @param result {@code holds}, {@code does not hold} or {@code errs}
     */
    public record ExplainedCondition(String text, String result) {
        Json.Members json() {
            return Json.object().with("text", text).with("result", result);
        }
    }

    public DecisionExplanation {
        parts = List.copyOf(parts);
        limits = List.copyOf(limits);
    }

    /** Explains the decision about {@code sensed} under {@code seal}. */
    public static DecisionExplanation of(Seal seal, ResolvedAttempt sensed) {
        Policies policies = new Policies(_ -> "");
        PolicyAnalysis analysis = PolicyAnalysis.of(seal);
        return new DecisionExplanation(
                policies.decide(seal, sensed),
                analysis.answerQuestions(policies, sensed).stream()
                        .map(answered -> question(answered, analysis.rules().size()))
                        .toList(),
                LimitDescription.about(seal, sensed));
    }

    private static ExplainedQuestion question(PolicyAnalysis.AnsweredQuestion answered, int policies) {
        List<ExplainedPolicy> deciding =
                answered.matching().stream().map(DecisionExplanation::matching).toList();
        String answer = switch (answered.answer()) {
            case CedarAnswer.CedarPermitted _ -> "permitted";
            case CedarAnswer.CedarDenied denied -> denied.policies().isEmpty() ? "permitted by nobody" : "forbidden";
            case CedarAnswer.CedarError _ -> "erred";
            case CedarAnswer.NoCedarAnswer _ -> "no answer";
        };
        return new ExplainedQuestion(
                answered.question().operation().toString(),
                answered.question().words(),
                answer,
                deciding,
                policies - deciding.size());
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
                matching.conditions().stream()
                        .map(DecisionExplanation::condition)
                        .toList());
    }

    private static ExplainedCondition condition(PolicyAnalysis.ConditionResult condition) {
        String result = switch (condition.alone()) {
            case FIRES -> "holds";
            case DOES_NOT -> "does not hold";
            case ERRS -> "errs";
        };
        return new ExplainedCondition(condition.text(), result);
    }

    /**
     * Explains a past decision.
     *
     * @throws IllegalArgumentException if the receipt lacks something that the decision rested on
     */
    public static DecisionExplanation of(
            Seal seal, AttemptReconstruction.ReconstructionResult.ReconstructedAttempt attempt) {
        if (attempt.narrowed() || PolicyAnalysis.of(seal).readsGroups()) {
            throw new IllegalArgumentException(
                    "the decision depended on the groups of the resources, which receipts do not record");
        }
        return of(seal, attempt.resolved());
    }

    /** Returns {@code permit}, {@code hold} or {@code refuse}. */
    public String word() {
        return Verdicts.word(verdict);
    }

    public String verdictDetails() {
        return Verdicts.because(verdict);
    }

    public Json.Members json() {
        Json.Members json = Json.object()
                .with("verdict", word())
                .with("because", verdictDetails())
                .withTexts("policies", verdict.grounds().policies())
                .withTexts("limits", limits)
                .withItems("questions", parts.stream().map(ExplainedQuestion::json));
        return switch (verdict) {
            case Verdict.Permit _ -> json;
            case Verdict.Hold hold ->
                json.with("obligations", hold.obligations().canonical());
            case Verdict.Refuse refuse ->
                json.with("finality", refuse.refusal().finality().word())
                        .withOptional("elevation", refuse.refusal().elevation());
        };
    }
}
