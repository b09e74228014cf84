package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks that a policy can only grow stricter as an attempt grows. The blast radius is the only part of a request that
 * reflects the attempt's other parts. So a {@code permit} must not read it, and a {@code forbid} may only say "more
 * than". Otherwise an agent could turn a refusal into a permission by touching one thing more.
 */
final class RadiusRules {

    private static final Set<String> GROWS = Set.of(">", ">=", "contains", "containsAny", "containsAll");
    private static final Set<String> SHRINKS = Set.of("<", "<=");

    private RadiusRules() {}

    static Optional<String> objection(PolicyRule rule) {
        for (JsonNode condition : rule.tree().path("conditions")) {
            boolean when = condition.path("kind").asText().equals("when");
            JsonNode body = condition.path("body");
            if (rule.permit() && mentions(body)) {
                return Optional.of(
                        "a `permit` must not depend on `context.radius`; write a `forbid` with a limit instead, such as `context.radius.lost > 3`");
            }
            if (!rule.permit() && !grows(body, when)) {
                return Optional.of(
                        "a `forbid` may only test that `context.radius` exceeds something, such as `context.radius.lost > 3` or `context.radius.environments.contains(\"production\")`");
            }
        }
        return Optional.empty();
    }

    private static boolean grows(JsonNode expression, boolean upwards) {
        if (!mentions(expression)) {
            return true;
        }
        Map.Entry<String, JsonNode> node = expression.properties().iterator().next();
        JsonNode operands = node.getValue();
        return switch (node.getKey()) {
            case "&&", "||" -> grows(operands.path("left"), upwards) && grows(operands.path("right"), upwards);
            case "!" -> grows(operands.path("arg"), !upwards);
            default -> compares(node.getKey(), operands, upwards);
        };
    }

    private static boolean compares(String operator, JsonNode operands, boolean upwards) {
        JsonNode left = operands.path("left");
        JsonNode right = operands.path("right");
        if (mentions(right)) {
            return !mentions(left) && isMeasure(right) && (upwards ? SHRINKS : Set.of(">", ">=")).contains(operator);
        }
        return isMeasure(left) && (upwards ? GROWS : SHRINKS).contains(operator);
    }

    private static boolean isMeasure(JsonNode expression) {
        return isContext(expression.path(".").path("left").path(".").path("left"))
                && expression
                        .path(".")
                        .path("left")
                        .path(".")
                        .path("attr")
                        .asText()
                        .equals("radius");
    }

    /** Returns whether the expression reads the radius, or may read it: {@code context} itself is a value too. */
    private static boolean mentions(JsonNode expression) {
        if (isContext(expression)) {
            return true;
        }
        for (String reading : List.of(".", "has")) {
            if (isContext(expression.path(reading).path("left"))) {
                return expression.path(reading).path("attr").asText().equals("radius");
            }
        }
        for (JsonNode child : expression) {
            if (mentions(child)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isContext(JsonNode expression) {
        return expression.size() == 1 && expression.path("Var").asText().equals("context");
    }
}
