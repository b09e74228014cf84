package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds policies about an elevation's scope that require somebody other than the person behind the lease. */
final class OtherPersonRules {

    private final List<PolicyRule> wanting;

    OtherPersonRules(List<PolicyRule> rules) {
        this.wanting = rules.stream().filter(rule -> rule.obligations().other()).toList();
    }

    /** Returns whether such a policy exists. A head that is not understood counts as being about {@code elevation}. */
    boolean areAskedFor(Elevation elevation) {
        Set<String> impacts = elevation.impacts().stream().map(Impact::word).collect(Collectors.toSet());
        return wanting.stream()
                .map(PolicyRule::tree)
                .anyMatch(tree -> speaksOf(tree.path("action"), EntityUid.IMPACT, impacts)
                        && speaksOf(tree.path("resource"), EntityUid.ENVIRONMENT, elevation.environments()));
    }

    private static boolean speaksOf(JsonNode part, String type, Set<String> named) {
        String op = part.path("op").asText();
        if (!op.equals("==") && !op.equals("in")) {
            return true;
        }
        Iterable<JsonNode> entities =
                part.path("entities").isArray() ? part.path("entities") : List.of(part.path("entity"));
        for (JsonNode entity : entities) {
            if (!entity.path("type").asText().equals(type)
                    || named.contains(entity.path("id").asText())) {
                return true;
            }
        }
        return false;
    }
}
