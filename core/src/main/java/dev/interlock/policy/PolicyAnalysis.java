package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * Analyses a seal's policies for the tools that explain policies to their authors. It lists the policies, what they
 * read and name, and the result of each policy and condition by itself. It decides nothing: {@link Policies} does.
 */
public final class PolicyAnalysis {

    /** The result of evaluating one policy, or one of its conditions, by itself. */
    public enum SinglePolicyResult {
        FIRES,
        DOES_NOT,
        ERRS
    }

    /**
     * One {@code when} or {@code unless} condition.
     *
     * @param text the condition as Cedar writes it, on one line
     */
    public record ConditionResult(String text, SinglePolicyResult alone) {}

    /** A policy whose head matches. */
    public record PolicyMatch(PolicyRule rule, SinglePolicyResult alone, List<ConditionResult> conditions) {
        public PolicyMatch {
            conditions = List.copyOf(conditions);
        }
    }

    /** A question, its answer, and each policy whose head matches it. */
    public record AnsweredQuestion(PolicyQuestion question, CedarAnswer answer, List<PolicyMatch> matching) {
        public AnsweredQuestion {
            matching = List.copyOf(matching);
        }
    }

    private final Seal seal;
    private final List<PolicyRule> rules;

    private PolicyAnalysis(Seal seal, List<PolicyRule> rules) {
        this.seal = seal;
        this.rules = rules;
    }

    /** Analyses those policies of {@code seal} that can be parsed. */
    public static PolicyAnalysis of(Seal seal) {
        return new PolicyAnalysis(seal, ParsedPolicies.parse(seal.policies()).rules());
    }

    /** Returns every policy, in the order of the files. */
    public List<PolicyRule> rules() {
        return rules;
    }

    /** Returns the resources that policies name, in heads and conditions alike. */
    public Set<Resource> resources() {
        return NamedEntities.resources(rules);
    }

    /**
     * Returns the texts that conditions compare with something, as far as they could be kinds of resources. For a
     * pattern it returns one text that fits.
     */
    public Set<String> texts() {
        return NamedEntities.texts(rules);
    }

    /**
     * Returns whether a condition compares a text with a pattern. {@link #texts} holds only one of the texts that fit.
     */
    public boolean hasPatterns() {
        return NamedEntities.havePatterns(rules);
    }

    /** Returns arguments with which conditions may hold, or may not: see {@link Arguments}. */
    public Set<SortedMap<String, String>> comparedArguments() {
        return NamedEntities.comparedArguments(rules);
    }

    /** Returns the names of the arguments that a condition reads. */
    public Set<String> arguments() {
        return ArgumentReads.names(rules);
    }

    public boolean readsGroups() {
        return NamedEntities.readGroups(rules);
    }

    /** Returns the same policies, permits and forbids apart. */
    public SplitEvaluator apart() {
        return new SplitEvaluator(seal, rules);
    }

    /**
     * Answers every question that {@code policies} asks about {@code sensed}; empty where it would ask nothing.
     *
     * @param policies gives the answers, so that they are those of its decision
     */
    public List<AnsweredQuestion> answerQuestions(Policies policies, ResolvedAttempt sensed) {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        List<Action> actions = sensed.actions().stream().map(seal::classified).toList();
        Set<PolicyQuestion> questions = PolicyQuestion.of(actions, sensed, ArgumentReads.names(rules));
        if (agent == null || questions.size() > Policies.MAX_QUESTIONS) {
            return List.of();
        }
        ConditionEvaluator conditions = new ConditionEvaluator(rules);
        return questions.stream()
                .map(PolicyRequest.about(seal, agent, sensed))
                .map(asked ->
                        new AnsweredQuestion(asked.question(), policies.ask(seal, asked), conditions.matching(asked)))
                .toList();
    }
}
