package dev.interlock.policy;

import java.util.List;
import java.util.Random;

/** Random policies of every form that Cedar has, some of which fail at evaluation. Most would not pass validation. */
final class RandomPolicies {

    private static final List<String> AGENTS = List.of("jer/cursor", "ann/bot", "zoë/\\\"x\\\"");
    private static final List<String> TEAMS = List.of("platform", "data", "web");
    private static final List<String> ENVIRONMENTS = List.of("staging", "production", "dev");
    private static final List<String> IMPACTS = List.of("read", "write", "destroy");
    private static final List<String> OPERATIONS = List.of("railway/volumeDelete", "railway/project");
    private static final List<String> RESOURCES = List.of(
            "railway:volume/v0",
            "railway:volume/v1",
            "railway:volume/\\u{fffd}",
            "railway:project/p0",
            "railway:project/p1",
            "railway:volume/\\u{1f4a5}");

    /** The parts of conditions. {@code %E} is an environment, {@code %A} an agent, and so on. */
    private static final List<String> ATOMS = List.of(
            "context.upstream == \"railway\"",
            "context.environment == \"%E\"",
            "context.protected",
            "context.reversibility != \"reversible\"",
            "context.lease.id == \"L-1\"",
            "context[\"lease\"][\"agent\"] == \"%A\"",
            "context.lease.person == \"jer\"",
            "context.lease.task like \"fix*\"",
            "context.lease has template",
            "context has lease.template && context.lease.template like \"*staging\"",
            "context.lease.environments.contains(\"%E\")",
            "context.lease.environments.containsAll([\"staging\", \"%E\"])",
            "context.lease.impacts.containsAny([\"%I\", \"%I\"])",
            "[\"%E\", context.upstream].contains(context.environment)",
            "context.argument has \"body.ref\" && context.argument[\"body.ref\"] like \"refs/*\"",
            "context.argument has path && [\"a.pem\", \"%E\"].contains(context.argument.path)",
            "context.argument == {path: \"a.pem\"}",
            "context.lease.names_environment",
            "context.lease.narrowed",
            "context.radius.lost > %N",
            "context.radius.lost * 2 - 1 >= %N",
            "-context.radius.lost_backups < -%N",
            "context.radius.unsaved <= %N",
            "context.radius.environments.isEmpty()",
            "context.radius.environments.contains(\"%E\")",
            "principal.owner == \"jer\"",
            "principal has owner",
            "principal has nothing",
            "principal == Agent::\"%A\"",
            "principal in Team::\"%T\"",
            "principal in [Team::\"%T\", Agent::\"%A\"]",
            "principal is Agent",
            "principal is Agent in Team::\"%T\"",
            "principal is Resource in Team::\"%T\"",
            "principal == resource",
            "action == Operation::Action::\"%O\"",
            "action in Impact::Action::\"%I\"",
            "resource.kind == \"volume\"",
            "resource.provider == \"railway\"",
            "resource.known",
            "resource == Resource::\"%R\"",
            "resource in Resource::\"%R\"",
            "resource in Environment::\"%E\"",
            "resource is Resource in Resource::\"%R\"",
            "Agent::\"%A\" in Team::\"%T\"",
            "Resource::\"%R\" in Environment::\"%E\"",
            "[Agent::\"%A\"].contains(principal)",
            "{who: principal.owner, at: context.upstream}.who == \"ann\"",
            "context == context",
            "context.lease == {id: \"L-1\"}",
            "context.radius == {environments: [\"%E\"], lost: %N, lost_backups: 0, unsaved: %N}",
            "(if context.protected then principal.owner else context.upstream) == \"jer\"",
            "(if context.lease.narrowed then context.lease else context.radius).environments.contains(\"%E\")",
            "(if context.protected then principal else resource) in Environment::\"%E\"",
            "resource.hasTag(\"x\")",
            "decimal(\"1.1\").lessThan(decimal(\"1.2\"))",
            "false");

    /** Conditions that fail for some or all questions. They are rare, as an error hides the other results. */
    private static final List<String> ERRING = List.of(
            "context.lease.template == \"fix-staging\"",
            "context.argument.path like \"*.pem\"",
            "9223372036854775807 + context.radius.lost > 0",
            "Agent::\"%A\".owner == \"jer\"",
            "(if context.protected then Agent::\"%A\" else principal).owner == \"jer\"",
            "resource.getTag(\"x\") == 1",
            "ip(context.upstream).isIpv4()",
            "context.nothing == 1",
            "resource.kind > %N");

    private final Random random;
    private boolean errs = true;

    RandomPolicies(Random random) {
        this.random = random;
    }

    String policies(int count) {
        return policies(count, true);
    }

    String sound(int count, boolean forbids) {
        errs = false;
        try {
            return policies(count, forbids);
        } finally {
            errs = true;
        }
    }

    private String policies(int count, boolean forbids) {
        StringBuilder cedar = new StringBuilder();
        for (int i = 0; i < count; i++) {
            boolean permit = random.nextInt(4) > 0 || !forbids;
            cedar.append("@id(\"p" + i + "\") " + (permit ? "permit" : "forbid") + " (" + head() + ")");
            for (int condition = random.nextInt(3); condition > 0; condition--) {
                cedar.append(random.nextInt(3) > 0 ? " when" : " unless");
                cedar.append(" { " + condition(2) + " }");
            }
            cedar.append(";\n");
        }
        return cedar.toString();
    }

    private String head() {
        String principal = one(List.of(
                "principal",
                "principal == Agent::\"%A\"",
                "principal in Team::\"%T\"",
                "principal in Agent::\"%A\"",
                "principal is Agent",
                "principal is Team",
                "principal is Agent in Team::\"%T\""));
        String action = one(List.of(
                "action",
                "action == Operation::Action::\"%O\"",
                "action in Impact::Action::\"%I\"",
                "action in Operation::Action::\"%O\"",
                "action in []",
                "action in [Impact::Action::\"%I\", Operation::Action::\"%O\"]",
                "action in [Impact::Action::\"%I\", Impact::Action::\"%I\"]"));
        String resource = one(List.of(
                "resource",
                "resource == Resource::\"%R\"",
                "resource in Environment::\"%E\"",
                "resource in Resource::\"%R\"",
                "resource is Resource",
                "resource is Environment in Environment::\"%E\"",
                "resource is Resource in Environment::\"%E\""));
        return filled((often() ? "principal" : principal)
                + ", "
                + (often() ? "action" : action)
                + ", "
                + (often() ? "resource" : resource));
    }

    private boolean often() {
        return random.nextInt(2) == 0;
    }

    private String condition(int depth) {
        if (depth == 0 || random.nextInt(3) == 0) {
            return filled(one(random.nextInt(40) == 0 && errs ? ERRING : ATOMS));
        }
        String left = condition(depth - 1);
        String right = condition(depth - 1);
        return switch (random.nextInt(5)) {
            case 0, 1 -> "((" + left + ") && (" + right + "))";
            case 2 -> "((" + left + ") || (" + right + "))";
            case 3 -> "!(" + left + ")";
            default -> "(if " + left + " then " + right + " else " + condition(0) + ")";
        };
    }

    private String filled(String template) {
        String text = template;
        while (text.contains("%")) {
            text = text.replaceFirst("%A", quoted(AGENTS))
                    .replaceFirst("%T", quoted(TEAMS))
                    .replaceFirst("%E", quoted(ENVIRONMENTS))
                    .replaceFirst("%I", quoted(IMPACTS))
                    .replaceFirst("%O", quoted(OPERATIONS))
                    .replaceFirst("%R", quoted(RESOURCES))
                    .replaceFirst("%N", String.valueOf(random.nextInt(3)));
        }
        return text;
    }

    private String quoted(List<String> all) {
        return java.util.regex.Matcher.quoteReplacement(one(all));
    }

    private String one(List<String> all) {
        return all.get(random.nextInt(all.size()));
    }
}
