package dev.interlock.confirm;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.Map;

/**
 * A statement in words, made from nothing but its signed content, whole: what is known apart from what the agent
 * claims, and every doubtful character visible. Each line is built here; nothing from outside can begin one.
 */
public final class Rendering {

    private final StringBuilder text = new StringBuilder();

    private Rendering() {}

    /** The whole of {@code statement}. */
    public static String of(Statement statement) {
        Rendering rendering = new Rendering();
        rendering.write(statement);
        return rendering.text.toString();
    }

    private void write(Statement statement) {
        line(0, "HOLD " + statement.hold());
        text.append(Visible.again(statement.summary())).append('\n');
        who(statement);
        heading("What it would do (known)");
        statement.meaning().objects("actions").forEach(this::action);
        heading("What it would cost (known)");
        tree(1, statement.meaning().object("radius"));
        heading("What the agent claims (not checked)");
        statement.meaning().objects("actions").forEach(action -> facts(action, true));
        heading("The request, whole; its body is bound by its digest");
        tree(1, statement.request());
        heading("What policy asks for");
        tree(1, statement.obligations());
        heading("What your signature binds");
        line(1, "meaning  " + statement.meaningDigest());
        line(1, "request  " + statement.requestDigest());
        line(1, "seal     " + statement.seal());
        line(1, "expires  " + statement.expires());
    }

    private void who(Statement statement) {
        heading("Who asks");
        line(1, "agent    " + statement.agent());
        line(1, "person   " + statement.person());
        line(1, "task     " + statement.task());
        line(1, "lease    " + statement.lease());
        line(1, "upstream " + statement.upstream());
    }

    private void action(Json.Members action) {
        line(
                1,
                action.text("operation") + ": " + String.join(", ", action.texts("impacts")) + ", "
                        + action.text("reversibility"));
        for (Json.Members resource : action.objects("resources")) {
            String known =
                    resource.flag("known") ? resource.text("provenance") : "unknown: taken as the most protected";
            line(
                    2,
                    resource.text("id") + " in " + String.join(" and ", resource.texts("environments")) + " (" + known
                            + ")");
        }
        facts(action, false);
    }

    private void facts(Json.Members action, boolean claimed) {
        for (Json.Members fact : action.objects("facts")) {
            if (fact.text("provenance").equals("claimed") == claimed) {
                line(2, fact.text("name") + " = " + fact.text("value") + " (" + fact.text("provenance") + ")");
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
                    line(depth, member.getKey() + ": " + (array.items().isEmpty() ? "none" : ""));
                    array.items().forEach(item -> line(depth + 1, plain(item)));
                }
                case Json.Text _, Json.Whole _, Json.Flag _, Json.Nothing _ ->
                    line(depth, member.getKey() + ": " + plain(member.getValue()));
            }
        }
    }

    private static String plain(Json value) {
        return value instanceof Json.Text text ? text.value() : value.canonicalText();
    }

    private void heading(String heading) {
        text.append('\n');
        line(0, heading);
    }

    private void line(int depth, String content) {
        text.append("  ".repeat(depth)).append(Visible.text(content)).append('\n');
    }
}
