package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.policy.PolicyAnalysis.ConditionResult;
import dev.interlock.policy.PolicyAnalysis.PolicyMatch;
import dev.interlock.policy.PolicyAnalysis.SinglePolicyResult;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

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

    /** One {@code when} or {@code unless} condition, as Cedar writes it, on one line. */
    public record ConditionResult(String text, SinglePolicyResult alone) {}

    public record PolicyMatch(PolicyRule rule, SinglePolicyResult alone, List<ConditionResult> conditions) {
        public PolicyMatch {
            conditions = List.copyOf(conditions);
        }
    }

    public record AnsweredQuestion(PolicyQuestion question, CedarAnswer answer, List<PolicyMatch> matching) {
        public AnsweredQuestion {
            matching = List.copyOf(matching);
        }
    }

    private final Seal seal;
    private final List<PolicyRule> rules;
    private final PolicyHeads heads;
    private final Set<String> agents;
    private final Set<String> teams;

    private PolicyAnalysis(Seal seal, List<PolicyRule> rules) {
        this.seal = seal;
        this.rules = rules;
        this.heads = new PolicyHeads(rules);
        this.agents = NamedEntities.ids(rules, EntityUid.AGENT);
        this.teams = NamedEntities.ids(rules, EntityUid.TEAM);
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

    /** Returns which of {@code agent} and its teams policies name; two agents with the same match the same heads. */
    public Set<String> namedPrincipals(Seal.Agent agent) {
        Set<String> named = new TreeSet<>(agent.teams());
        named.retainAll(teams);
        if (agents.contains(agent.id())) {
            named.add(EntityUid.AGENT + " " + agent.id()); // no team has a space in its name
        }
        return named;
    }

    /** Returns the texts that conditions compare with something; for a pattern, one that fits. */
    public Set<String> texts() {
        return NamedEntities.texts(rules);
    }

    /** Returns whether a condition compares a text with a pattern, of which {@link #texts} holds one that fits. */
    public boolean hasPatterns() {
        return NamedEntities.havePatterns(rules);
    }

    /** Returns arguments with which conditions may hold, or may not: see {@link Arguments}. */
    public Set<SortedMap<String, String>> comparedArguments() {
        return NamedEntities.comparedArguments(rules);
    }

    /** Returns the arguments that are read by the policies whose heads match a question about {@code sensed}. */
    public Set<String> argumentsRead(ResolvedAttempt sensed) {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        List<Action> actions = sensed.actions().stream().map(seal::classified).toList();
        if (agent == null) {
            return Set.of();
        }
        BitSet matching = new BitSet();
        PolicyQuestion.of(actions, sensed, Set.of()).stream()
                .map(PolicyRequest.about(seal, agent, sensed))
                .forEach(asked -> matching.or(heads.matchingOrAll(asked)));
        return ArgumentReads.names(matching.stream().mapToObj(rules::get).toList());
    }

    public boolean readsGroups() {
        return NamedEntities.readGroups(rules);
    }

    /** Returns the same policies, permits and forbids apart. */
    public SplitEvaluator apart() {
        return new SplitEvaluator(seal, rules);
    }

    /** Answers every question that {@code policies} asks about {@code sensed}; empty where it would ask nothing. */
    public List<AnsweredQuestion> answerQuestions(Policies policies, ResolvedAttempt sensed) {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        List<Action> actions = sensed.actions().stream().map(seal::classified).toList();
        Set<PolicyQuestion> questions = PolicyQuestion.of(actions, sensed, ArgumentReads.names(rules));
        if (agent == null || questions.size() > Policies.MAX_QUESTIONS) {
            return List.of();
        }
        ConditionEvaluator conditions = new ConditionEvaluator(rules, heads);
        return questions.stream()
                .map(PolicyRequest.about(seal, agent, sensed))
                .map(asked ->
                        new AnsweredQuestion(asked.question(), policies.ask(seal, asked), conditions.matching(asked)))
                .toList();
    }

    static final class ConditionEvaluator {

        private static final int MAX_CLAUSE = 160;

        private final AuthorizationEngine engine = new BasicAuthorizationEngine();
        private final List<PolicyRule> rules;
        private final PolicyHeads heads;

        ConditionEvaluator(List<PolicyRule> rules, PolicyHeads heads) {
            this.rules = rules;
            this.heads = heads;
        }

        List<PolicyMatch> matching(PolicyRequest asked) {
            return heads.matchingOrAll(asked).stream()
                    .mapToObj(rules::get)
                    .map(rule -> new PolicyMatch(
                            rule,
                            rule.unclear(asked).isEmpty()
                                    ? alone(new Policy(rule.source(), rule.id()), asked)
                                    : SinglePolicyResult.ERRS,
                            conditions(rule, asked)))
                    .toList();
        }

        private List<ConditionResult> conditions(PolicyRule rule, PolicyRequest asked) {
            List<ConditionResult> conditions = new ArrayList<>();
            for (JsonNode condition : rule.tree().path("conditions")) {
                conditions.add(condition(condition, asked));
            }
            return conditions;
        }

        private ConditionResult condition(JsonNode condition, PolicyRequest asked) {
            ObjectNode alone = JsonNodeFactory.instance.objectNode().put("effect", "permit");
            for (String part : List.of("principal", "action", "resource")) {
                alone.putObject(part).put("op", "All");
            }
            alone.putArray("conditions").add(condition);
            try {
                Policy policy = Policy.fromJson("clause", alone.toString());
                SinglePolicyResult result = alone(policy, asked);
                return new ConditionResult(
                        text(policy.getSource(), condition.path("kind").asText()), result);
            } catch (AuthException | RuntimeException e) {
                return new ConditionResult(condition.path("kind").asText() + " …", SinglePolicyResult.ERRS);
            }
        }

        private static String text(String source, String kind) {
            String flat = source.replaceAll("\\s+", " ").strip();
            String text = FormattedText.message(
                    flat.substring(Math.max(flat.indexOf(kind + " {"), 0)).replaceAll(";$", ""));
            return VisibleText.shortened(text, MAX_CLAUSE);
        }

        /** Evaluates one policy without the engine's cache, which would store the policy. */
        private SinglePolicyResult alone(Policy policy, PolicyRequest asked) {
            Entities entities = new Entities(asked);
            try {
                var said = engine.isAuthorized(entities.request(), new PolicySet(Set.of(policy)), entities.entities());
                if (said.success.isEmpty() || !said.success.get().getErrors().isEmpty()) {
                    return SinglePolicyResult.ERRS;
                }
                return said.success.get().getReason().isEmpty()
                        ? SinglePolicyResult.DOES_NOT
                        : SinglePolicyResult.FIRES;
            } catch (AuthException | RuntimeException | LinkageError _) {
                return SinglePolicyResult.ERRS;
            }
        }
    }
}
