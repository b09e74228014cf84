package dev.interlock.catalog.graphql;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Bytes;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A value that both GraphQL and JSON have. Its {@code toString} never shows what an agent sent, because that may be a
 * secret.
 */
public sealed interface Value {

    /** Reads {@code body}, exactly one value in the strictest form of RFC 8259, or throws what is wrong with it. */
    static Value read(Bytes body) {
        return JsonReader.read(TextDecoding.utf8(body.toArray()));
    }

    /** Reads {@code body} in the same form. Its long texts stay where they are. */
    static Value read(BodyStream body) {
        return LongJsonReader.read(body);
    }

    /** Does the same; empty if the body is no JSON value, or readers would disagree on it. */
    static Optional<Value> find(Bytes body) {
        try {
            return Optional.of(read(body));
        } catch (UnreadableException _) {
            return Optional.empty();
        }
    }

    /** An explicit {@code null}. */
    record NullLiteral() implements Value {}

    /** {@code true} or {@code false}. */
    record Flag(boolean value) implements Value {}

    /** A number that every JSON reader keeps exactly; {@code 1.0} equals {@code 1}. */
    record Numeric(BigDecimal value) implements Value {
        public Numeric {
            value = ExactNumbers.exact(value);
        }

        @Override
        public String toString() {
            return "Numeric";
        }
    }

    record Text(String value) implements Value {
        @Override
        public String toString() {
            return "Text of " + value.length();
        }
    }

    /**
     * A text of a long body that was not taken into memory. It cannot be inspected: who has to know it must take it for
     * whatever is worst.
     *
     * @param head how it begins
     * @param length its characters at most, as they are written
     */
    record LongText(String head, long length) implements Value {
        @Override
        public String toString() {
            return "LongText of " + length;
        }
    }

    /** A bare word in a document, such as an enum's value. In JSON it is a {@link Text}. */
    record Word(String value) implements Value {}

    record Items(List<Value> items) implements Value {
        public Items {
            items = List.copyOf(items);
        }
    }

    /** An object; the order of its members has no meaning. */
    record Members(Map<String, Value> members) implements Value {
        public Members {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }
    }

    /** Returns this value as text, if it is a string, a word, a number or a boolean. */
    default Optional<String> scalar() {
        return switch (this) {
            case Text text -> Optional.of(text.value());
            case Word word -> Optional.of(word.value());
            case Numeric number -> Optional.of(ExactNumbers.text(number.value()));
            case Flag flag -> Optional.of(Boolean.toString(flag.value()));
            case NullLiteral _, LongText _, Items _, Members _ -> Optional.empty();
        };
    }

    /** Returns how many values this is, with those in it. A long text counts as several. */
    default long size() {
        return switch (this) {
            case Items(var items) -> 1 + items.stream().mapToLong(Value::size).sum();
            case Members(var members) ->
                1 + members.values().stream().mapToLong(Value::size).sum();
            case Text(String text) -> 1 + text.length() / 64;
            case NullLiteral _, Flag _, Numeric _, LongText _, Word _ -> 1;
        };
    }

    /** Returns the value that {@code names} lead to through objects, if there is one. */
    default Optional<Value> at(String... names) {
        Optional<Value> found = Optional.of(this);
        for (String name : names) {
            found = found.flatMap(value ->
                    value instanceof Members(var members) ? Optional.ofNullable(members.get(name)) : Optional.empty());
        }
        return found;
    }

    /** Returns this value with each value in it that is no list and no object changed. */
    default Value leaves(UnaryOperator<Value> change) {
        return switch (this) {
            case Items(var items) ->
                new Items(items.stream().map(item -> item.leaves(change)).toList());
            case Members(var members) -> {
                Map<String, Value> changed = new LinkedHashMap<>();
                members.forEach((name, value) -> changed.put(name, value.leaves(change)));
                yield new Members(changed);
            }
            case NullLiteral _, Flag _, Numeric _, Text _, LongText _, Word _ -> change.apply(this);
        };
    }

    /** Returns this value as canonical JSON: no white space, members sorted by UTF-16 code units. */
    default String json() {
        return JsonWriter.write(this);
    }
}
