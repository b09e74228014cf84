package dev.interlock.confirm;

import dev.interlock.action.Elevation;
import dev.interlock.action.Fact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.LossOrder;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Renders a statement in words, completely, from its signed content only. It separates known facts from the agent's
 * claims, and makes every doubtful character visible. Only this class starts lines, so outside text cannot fake one.
 */
public final class StatementText {

    private final StringBuilder text = new StringBuilder();
    private final KeptTexts texts;

    private StatementText(KeptTexts texts) {
        this.texts = texts;
    }

    /** Returns all of {@code statement} in words; {@code texts} are those of which it has only digests. */
    public static String of(Statement statement, KeptTexts texts) {
        StatementText rendering = new StatementText(texts);
        rendering.write(statement);
        return rendering.text.toString();
    }

    /** Returns any other text to be signed, complete, under {@code heading}. */
    public static String of(String heading, Json.Members signed) {
        StatementText rendering = new StatementText(KeptTexts.NONE);
        rendering.line(0, heading);
        rendering.tree(1, signed);
        return rendering.text.toString();
    }

    private void write(Statement statement) {
        line(0, "HOLD " + statement.hold());
        text.append(VisibleText.ensureUnambiguous(statement.summary())).append('\n');
        who(statement);
        if (ElevationScope.is(statement)) {
            elevation(statement);
            return;
        }
        statement.plan().ifPresent(this::plan);
        heading("What this does (known)");
        Json.Members radius = statement.meaning().object("radius");
        Json.Members names = radius.optionalObject("names").orElseGet(Json::object);
        List<Json.Members> actions =
                LossOrder.of(radius).actions(statement.meaning().objects("actions"));
        actions.forEach(action -> action(action, names));
        heading("What it would cost (known)");
        tree(1, radius);
        heading("What the agent claims (not checked)");
        line(1, "reason: " + statement.reason().orElse("none given"));
        actions.forEach(action -> facts(action, true));
        heading("The request, without its body");
        tree(1, readable(statement.request()));
        line(1, "The body may contain secrets and is not shown; it contains the arguments that are not named above.");
        line(1, "Only a body with this digest is sent.");
        heading("Obligations of the policy");
        tree(1, statement.obligations());
        if (statement.obligations().flag("type_name")) {
            // Not through `line`: the name has only visible characters, and people must type it exactly as it is
            // printed.
            text.append("  type exactly: ").append(NameToType.of(statement)).append('\n');
        }
        heading("When");
        line(1, "opened          " + statement.openedAt());
        line(1, "sign by         " + statement.openedAt().plus(Hold.DEFAULT_LIFE));
        line(
                1,
                "usable until    " + Hold.USABLE.toMinutes() + " minutes after the last signature and the cooldown, "
                        + statement.expires() + " at the latest");
        heading("What your signature binds");
        line(1, "meaning  " + statement.meaningDigest());
        line(1, "request  " + statement.requestDigest());
        line(1, "seal     " + statement.seal());
    }

    private void plan(PlanStep place) {
        heading("Its place in a plan");
        line(1, "step " + place.step() + " of " + place.of() + " of the plan that begins with " + place.first());
        line(
                1,
                place.step() == 1
                        ? "It goes first. If it fails, changes or is denied, no other step goes."
                        : "It goes only after the step before it has succeeded.");
    }

    private void elevation(Statement statement) {
        Elevation given = ElevationStatements.given(statement);
        heading("What your signature grants (known)");
        line(
                1,
                "for " + given.time().toMinutes()
                        + " minutes from the last signature, and no longer than the lease lasts, the lease may also:");
        tree(2, given.json().without(given.resources().isEmpty() ? Set.of("minutes", "resources") : Set.of("minutes")));
        line(
                1,
                "each of these impacts in each of these environments"
                        + (given.resources().isEmpty() ? ", on any resource there." : ", on these resources only."));
        line(
                1,
                "The policy still forbids what it forbids, and people still confirm each call that it wants confirmed.");
        line(1, "To grant less: interlock hold narrow " + statement.hold());
        heading("What the lease permits without it (known)");
        ElevationStatements.had(statement).forEach(has -> line(1, has));
        heading("What the agent claims (not checked)");
        line(1, "reason: " + ElevationStatements.reason(statement));
        heading("Who may sign");
        line(
                1,
                statement.obligations().flag("other")
                        ? "one of owners, but not " + String.join(" or ", behind(statement))
                                + ", who is behind the lease"
                        : String.join(" or ", behind(statement)) + " with a hardware key, or one of owners");
        heading("When");
        line(1, "opened   " + statement.openedAt());
        line(1, "sign by  " + statement.openedAt().plus(Hold.DEFAULT_LIFE));
        long wait = statement.obligations().whole("cooldown_seconds");
        if (wait > 0) {
            line(1, "granted  " + wait + " seconds after the last signature, unless somebody denies it before then");
        }
        heading("What your signature binds");
        line(1, "meaning  " + statement.meaningDigest());
        line(1, "request  " + statement.requestDigest());
        line(1, "seal     " + statement.seal());
    }

    private static Set<String> behind(Statement statement) {
        Set<String> behind = new TreeSet<>(statement.behind());
        behind.add(statement.person());
        return behind;
    }

    private void who(Statement statement) {
        heading("Who asks");
        line(1, "agent    " + statement.agent());
        line(1, "person   " + statement.person());
        if (!statement.behind().isEmpty()) {
            line(1, "lease by " + String.join(", ", statement.behind()) + ", who signed for it and is behind it too");
        }
        line(1, "task     " + statement.task());
        line(1, "lease    " + statement.lease());
        line(1, "upstream " + statement.upstream());
    }

    private void action(Json.Members action, Json.Members names) {
        line(
                1,
                action.text("operation") + ": " + String.join(", ", action.texts("impacts")) + ", "
                        + action.text("reversibility"));
        for (Json.Members resource : action.objects("resources")) {
            String known =
                    resource.flag("known") ? resource.text("provenance") : "unknown: counts as the most protected";
            String id = resource.text("id");
            line(
                    2,
                    names.optionalText(id)
                                    .map(name -> VisibleText.quoted(name) + ", ")
                                    .orElse("") + id + " in "
                            + String.join(" and ", resource.texts("environments")) + " (" + known + ")");
        }
        facts(action, false);
    }

    private Json.Members readable(Json.Members request) {
        return request.withItems("query", request.items("query").stream().map(this::readable));
    }

    private Json readable(Json pair) {
        return pair instanceof Json.Array(List<Json> parts) && parts.getLast() instanceof Json.Text(String value)
                ? new Json.Array(List.of(parts.getFirst(), new Json.Text(texts.shown(value))))
                : pair;
    }

    private void facts(Json.Members action, boolean claimed) {
        for (Json.Members fact : action.objects("facts")) {
            if (fact.text("provenance").equals("claimed") == claimed) {
                if (fact.text("name").equals(Fact.DIFF) && !claimed) {
                    line(2, "the diff of what machines run (" + fact.text("provenance") + "):");
                    texts.shown(fact.text("value")).lines().forEach(each -> line(3, each.replace("\t", "    ")));
                    continue;
                }
                line(
                        2,
                        fact.text("name") + " = " + texts.shown(fact.text("value")) + " (" + fact.text("provenance")
                                + ")");
            }
        }
    }

    private void tree(int depth, Json.Members members) {
        for (Map.Entry<String, Json> member : members.members().entrySet()) {
            switch (member.getValue()) {
                case Json.Members inner -> {
                    line(depth, member.getKey() + ":");
                    tree(depth + 1, inner);
                }
                case Json.Array array -> {
                    line(depth, member.getKey() + ":" + (array.items().isEmpty() ? " none" : ""));
                    array.items().forEach(item -> line(depth + 1, plain(item)));
                }
                case Json.Text _, Json.Whole _, Json.Flag _, Json.Nothing _ ->
                    line(depth, member.getKey() + ": " + plain(member.getValue()));
            }
        }
    }

    /** An empty value is written out; otherwise it would look like an omission. */
    private static String plain(Json value) {
        return switch (value) {
            case Json.Text(String text) when text.isEmpty() -> "(empty)";
            case Json.Text(String text) -> text;
            case Json.Whole _, Json.Flag _, Json.Nothing _, Json.Array _, Json.Members _ -> value.canonicalText();
        };
    }

    private void heading(String heading) {
        text.append('\n');
        line(0, heading);
    }

    private void line(int depth, String content) {
        text.append("  ".repeat(depth)).append(VisibleText.unambiguous(content)).append('\n');
    }
}
