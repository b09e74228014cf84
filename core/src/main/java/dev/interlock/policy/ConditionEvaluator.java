package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.VisibleText;
import dev.interlock.policy.PolicyAnalysis.ConditionResult;
import dev.interlock.policy.PolicyAnalysis.PolicyMatch;
import dev.interlock.policy.PolicyAnalysis.SinglePolicyResult;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** Evaluates each policy, and each of its conditions, by itself. */
final class ConditionEvaluator {

    /** Maximum characters of a condition shown on one line. */
    private static final int MAX_CLAUSE = 160;

    private final AuthorizationEngine engine = new BasicAuthorizationEngine();
    private final List<PolicyRule> rules;
    private final PolicyHeads heads;

    ConditionEvaluator(List<PolicyRule> rules) {
        this.rules = rules;
        this.heads = new PolicyHeads(rules);
    }

    List<PolicyMatch> matching(PolicyRequest asked) {
        BitSet matching = asked.hasFaithfulForm() ? heads.matching(asked) : all();
        return matching.stream()
                .mapToObj(rules::get)
                .map(rule -> new PolicyMatch(
                        rule,
                        rule.unclear(asked).isEmpty()
                                ? alone(new Policy(rule.source(), rule.id()), asked)
                                : SinglePolicyResult.ERRS,
                        conditions(rule, asked)))
                .toList();
    }

    private BitSet all() {
        BitSet all = new BitSet();
        all.set(0, rules.size());
        return all;
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
            return said.success.get().getReason().isEmpty() ? SinglePolicyResult.DOES_NOT : SinglePolicyResult.FIRES;
        } catch (AuthException | RuntimeException | LinkageError _) {
            return SinglePolicyResult.ERRS;
        }
    }
}
