package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a policy can only grow stricter as an attempt grows. The blast radius is the one thing in a request that
 * tells of the attempt's other parts, so a {@code permit} must not ask for it, and a {@code forbid} may only say "more
 * than": otherwise touching one thing more could turn a refusal into a permission.
 */
final class RadiusUse {

    private static final Set<String> GROWS = Set.of(">", ">=", "contains", "containsAny", "containsAll");
    private static final Set<String> SHRINKS = Set.of("<", "<=");

    private RadiusUse() {}

    /** What is wrong with it, if anything. */
    static Optional<String> objection(Rule rule) {
        for (JsonNode condition : rule.tree().path("conditions")) {
            boolean when = condition.path("kind").asText().equals("when");
            JsonNode body = condition.path("body");
            if (rule.permit() && mentions(body)) {
                return Optional.of("a `permit` must not depend on `context.radius`;"
                        + " write a `forbid` for what is too much, as `context.radius.lost > 3`");
            }
            if (!rule.permit() && !grows(body, when)) {
                return Optional.of("a `forbid` may only say that `context.radius` is more than something,"
                        + " as `context.radius.lost > 3` or `context.radius.environments.contains(\"production\")`");
            }
        }
        return Optional.empty();
    }

    /** Whether {@code expression} can only become true, or, if not {@code upwards}, only false, as the radius grows. */
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

    /** {@code context.radius.x}, as it is. */
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

    /** Whether it reads the radius, or might: {@code context} itself is a value too. */
    private static boolean mentions(JsonNode expression) {
        if (isContext(expression)) {
            return true;
        }
        if (isContext(expression.path(".").path("left"))) {
            return expression.path(".").path("attr").asText().equals("radius");
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
