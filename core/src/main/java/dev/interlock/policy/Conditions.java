package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Plain;
import dev.interlock.policy.Dissection.Alone;
import dev.interlock.policy.Dissection.Condition;
import dev.interlock.policy.Dissection.Matching;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** Evaluates each policy, and each of its conditions, by itself. */
final class Conditions {

    /** Maximum characters of a condition shown on one line. */
    private static final int MAX_CLAUSE = 160;

    private final AuthorizationEngine engine = new BasicAuthorizationEngine();
    private final List<Rule> rules;
    private final Heads heads;

    Conditions(List<Rule> rules) {
        this.rules = rules;
        this.heads = new Heads(rules);
    }

    /** Returns the policies whose heads match {@code asked}. */
    List<Matching> matching(Asked asked) {
        BitSet matching = asked.isOrdinary() ? heads.matching(asked) : all();
        return matching.stream()
                .mapToObj(rules::get)
                .map(rule ->
                        new Matching(rule, alone(new Policy(rule.source(), rule.id()), asked), conditions(rule, asked)))
                .toList();
    }

    private BitSet all() {
        BitSet all = new BitSet();
        all.set(0, rules.size());
        return all;
    }

    private List<Condition> conditions(Rule rule, Asked asked) {
        List<Condition> conditions = new ArrayList<>();
        for (JsonNode condition : rule.tree().path("conditions")) {
            conditions.add(condition(condition, asked));
        }
        return conditions;
    }

    private Condition condition(JsonNode condition, Asked asked) {
        ObjectNode alone = JsonNodeFactory.instance.objectNode().put("effect", "permit");
        for (String part : List.of("principal", "action", "resource")) {
            alone.putObject(part).put("op", "All");
        }
        alone.putArray("conditions").add(condition);
        try {
            Policy policy = Policy.fromJson("clause", alone.toString());
            Alone result = alone(policy, asked);
            return new Condition(text(policy.getSource(), condition.path("kind").asText()), result);
        } catch (AuthException | RuntimeException e) {
            return new Condition(condition.path("kind").asText() + " …", Alone.ERRS);
        }
    }

    private static String text(String source, String kind) {
        String flat = source.replaceAll("\\s+", " ").strip();
        String text = Shown.message(
                flat.substring(Math.max(flat.indexOf(kind + " {"), 0)).replaceAll(";$", ""));
        return Plain.shortened(text, MAX_CLAUSE);
    }

    /** Evaluates one policy without the engine's cache, which would store the policy. */
    private Alone alone(Policy policy, Asked asked) {
        Entities entities = new Entities(asked);
        try {
            var said = engine.isAuthorized(entities.request(), new PolicySet(Set.of(policy)), entities.entities());
            if (said.success.isEmpty() || !said.success.get().getErrors().isEmpty()) {
                return Alone.ERRS;
            }
            return said.success.get().getReason().isEmpty() ? Alone.DOES_NOT : Alone.FIRES;
        } catch (AuthException | RuntimeException | LinkageError _) {
            return Alone.ERRS;
        }
    }
}
