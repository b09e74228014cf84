package dev.interlock.adminapi;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Generates the table in {@code docs/admin.md} and {@code docs/admin.schema.json} from the declared questions. */
final class AdminReference {

    private static final String HEAD = """
            | command | for | arguments | result | receipt | |
            | --- | --- | --- | --- | --- | --- |
            """;

    private AdminReference() {}

    static String table() {
        return HEAD + Question.all().stream().map(AdminReference::row).collect(Collectors.joining("\n")) + "\n";
    }

    private static String row(Class<? extends Question<?>> question) {
        AdminCommand command = Question.command(question);
        return "| `" + command.name() + "` | " + users(command.users()) + " | " + members(question, true) + " | "
                + members(Question.answerType(question), false) + " | " + command.receipt() + " | " + command.about()
                + " |";
    }

    private static String users(Entitlement users) {
        return switch (users) {
            case SOCKET -> "socket";
            case CONSOLE -> "console";
            case SIGN_IN -> "sign-in";
            case AGENT_USERS -> "`users`";
        };
    }

    private static String members(Class<?> type, boolean asked) {
        return type == Json.Members.class
                ? "an object"
                : leaves(type, false).stream().map(leaf -> member(leaf, asked)).collect(Collectors.joining(" "));
    }

    /** A member, with those of flat records in their place. */
    private record Leaf(String name, Type type, boolean optional) {}

    private static List<Leaf> leaves(Class<?> type, boolean within) {
        List<Leaf> leaves = new ArrayList<>();
        for (RecordJson.RecordMember member : RecordJson.members(type)) {
            boolean optional = within || member.optional() || member.isSet();
            if (member.flat()) {
                leaves.addAll(leaves(member.inner(), within || member.optional()));
            } else {
                leaves.add(new Leaf(member.name(), member.type(), optional));
            }
        }
        return leaves;
    }

    private static String member(Leaf leaf, boolean asked) {
        String name = leaf.optional() ? "`[" + leaf.name() + "]`" : "`" + leaf.name() + "`";
        Class<?> raw = RecordJson.raw(leaf.type());
        Class<?> inner = raw == List.class ? RecordJson.raw(RecordJson.argument(leaf.type(), 0)) : raw;
        return inner.isRecord() && !Json.class.isAssignableFrom(inner)
                ? name + " (" + members(inner, asked) + ")"
                : name;
    }

    static String schema() {
        Json.Members definitions = Json.object();
        List<Json> requests = new ArrayList<>();
        for (Class<? extends Question<?>> question : Question.all()) {
            String name = Question.command(question).name();
            definitions = definitions
                    .with(name + ".arguments", object(question))
                    .with(name + ".result", object(Question.answerType(question)));
            requests.add(Json.object()
                    .with("type", "object")
                    .with(
                            "properties",
                            Json.object()
                                    .with("command", Json.object().with("const", name))
                                    .with("arguments", Json.object().with("$ref", "#/$defs/" + name + ".arguments")))
                    .withTexts("required", List.of("arguments", "command"))
                    .with("additionalProperties", false));
        }
        StringBuilder text = new StringBuilder();
        write(
                Json.object()
                        .with("$schema", "https://json-schema.org/draft/2020-12/schema")
                        .with("title", "What the administrative socket is asked, and what it answers")
                        .with("oneOf", new Json.Array(requests))
                        .with("$defs", definitions),
                "",
                text);
        return text.append('\n').toString();
    }

    private static Json.Members object(Class<?> type) {
        Json.Members object = Json.object().with("type", "object");
        if (type == Json.Members.class) {
            return object;
        }
        Json.Members properties = Json.object();
        List<String> required = new ArrayList<>();
        for (Leaf leaf : leaves(type, false)) {
            properties = properties.with(leaf.name(), schema(leaf.type()));
            if (!leaf.optional()) {
                required.add(leaf.name());
            }
        }
        return object.with("properties", properties)
                .withTexts("required", required.stream().sorted())
                .with("additionalProperties", false);
    }

    private static Json.Members schema(Type type) {
        Class<?> raw = RecordJson.raw(type);
        if (raw == Json.class) {
            return Json.object();
        }
        if (raw == Instant.class) {
            return Json.object().with("type", "string").with("format", "date-time");
        }
        if (raw == String.class || raw == Secret.class) {
            return Json.object().with("type", "string");
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return Json.object().with("type", "boolean");
        }
        if (raw == List.class) {
            return Json.object().with("type", "array").with("items", schema(RecordJson.argument(type, 0)));
        }
        if (raw == Set.class) {
            return Json.object()
                    .with("type", "array")
                    .with("items", schema(RecordJson.argument(type, 0)))
                    .with("minItems", 1);
        }
        if (raw == Map.class) {
            return Json.object()
                    .with("type", "object")
                    .with("additionalProperties", schema(RecordJson.argument(type, 1)));
        }
        return raw.isRecord() ? object(raw) : Json.object().with("type", "integer");
    }

    /** Writes one member a line, so that changes are seen. */
    private static void write(Json json, String margin, StringBuilder text) {
        if (json instanceof Json.Members object
                && !object.members().isEmpty()
                && json.canonicalText().length() > 90) {
            String deeper = margin + "  ";
            text.append("{\n");
            String separator = "";
            for (Map.Entry<String, Json> member : object.members().entrySet()) {
                text.append(separator)
                        .append(deeper)
                        .append(new Json.Text(member.getKey()).canonicalText())
                        .append(": ");
                write(member.getValue(), deeper, text);
                separator = ",\n";
            }
            text.append('\n').append(margin).append('}');
        } else if (json instanceof Json.Array(List<Json> items)
                && json.canonicalText().length() > 90) {
            String deeper = margin + "  ";
            text.append("[\n");
            String separator = "";
            for (Json item : items) {
                text.append(separator).append(deeper);
                write(item, deeper, text);
                separator = ",\n";
            }
            text.append('\n').append(margin).append(']');
        } else {
            text.append(json.canonicalText());
        }
    }
}
