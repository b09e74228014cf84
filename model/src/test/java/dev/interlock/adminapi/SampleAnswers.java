package dev.interlock.adminapi;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Completes the answers of fake gateways: tests state what matters to them, and the rest is empty. */
public final class SampleAnswers {

    private SampleAnswers() {}

    /** Returns an answer to {@code command} with {@code given}, and with something in each member that it must have. */
    public static Json.Members complete(String command, Json.Members given) {
        return Question.all().stream()
                .filter(question -> Question.command(question).name().equals(command))
                .findFirst()
                .map(question -> complete(Question.answerType(question), given))
                .orElse(given);
    }

    /** Returns a {@code type} with {@code given}, and with something in each member that it must have. */
    public static <T extends Record> T of(Class<T> type, Json.Members given) {
        return RecordJson.read(type, complete(type, given));
    }

    /** Returns {@code given}, with something in each member that {@code type} must have. */
    static Json.Members complete(Class<?> type, Json.Members given) {
        if (type == Json.Members.class) {
            return given;
        }
        Json.Members whole = given;
        for (RecordJson.RecordMember member : RecordJson.members(type)) {
            if (member.flat()) {
                boolean named = RecordJson.names(member.inner()).stream()
                        .anyMatch(name -> given.get(name).isPresent());
                whole = member.optional() && !named ? whole : complete(member.inner(), whole);
            } else if (given.get(member.name()).isPresent()) {
                whole = whole.with(
                        member.name(),
                        complete(member.type(), given.get(member.name()).get()));
            } else if (!member.optional() && !member.isSet()) {
                whole = whole.with(member.name(), sample(member.type()));
            }
        }
        return whole;
    }

    private static Json complete(Type type, Json given) {
        Class<?> raw = RecordJson.raw(type);
        if (given instanceof Json.Members object && raw.isRecord()) {
            return complete(raw, object);
        }
        if (given instanceof Json.Array(List<Json> items) && raw == List.class) {
            return new Json.Array(items.stream()
                    .map(item -> complete(RecordJson.argument(type, 0), item))
                    .toList());
        }
        return given;
    }

    /** Returns a value of {@code type}, as it is on the wire. */
    static Json sample(Type type) {
        Class<?> raw = RecordJson.raw(type);
        if (raw == String.class || raw == Secret.class || raw == Json.class) {
            return new Json.Text("");
        }
        if (raw == Instant.class) {
            return new Json.Text("2026-11-20T08:00:00Z");
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return new Json.Flag(false);
        }
        if (raw == List.class || raw == Json.Array.class) {
            return new Json.Array(List.of());
        }
        if (raw == Map.class || raw == Json.Members.class) {
            return Json.object();
        }
        return raw.isRecord() ? complete(raw, Json.object()) : new Json.Whole(0);
    }
}
