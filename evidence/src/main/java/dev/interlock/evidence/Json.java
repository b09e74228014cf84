package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A JSON value in the form that is hashed and signed: RFC 8785, narrowed to whole numbers.
 *
 * <p>Member names sort by UTF-16 code units, as the RFC asks and {@link String#compareTo} does. Numbers are whole and
 * lie within ±(2^53 − 1), so that no reader rounds them (RFC 7493 §2.2); times and fractions are strings. Reading
 * throws {@link MalformedException} if a member is missing, or of another type.
 */
public sealed interface Json {

    /** The largest whole number that every JSON reader keeps exactly. */
    long MAX_WHOLE = (1L << 53) - 1;

    record Text(String value) implements Json {
        public Text {
            if (!isScalar(value)) {
                throw new IllegalArgumentException("a string holds an unpaired surrogate");
            }
        }

        /** Returns whether every surrogate in {@code value} is one of a pair. */
        public static boolean isScalar(String value) {
            for (int i = 0; i < value.length(); i++) {
                if (Character.isSurrogate(value.charAt(i))
                        && (i + 1 == value.length()
                                || !Character.isSurrogatePair(value.charAt(i), value.charAt(++i)))) {
                    return false;
                }
            }
            return true;
        }
    }

    /** A whole number within ±{@link #MAX_WHOLE}. */
    record Whole(long value) implements Json {
        public Whole {
            if (value > MAX_WHOLE || value < -MAX_WHOLE) {
                throw new IllegalArgumentException("the number `" + value + "` is beyond 2^53 - 1");
            }
        }
    }

    /** {@code true} or {@code false}. */
    record Flag(boolean value) implements Json {}

    /** {@code null}. */
    record Nothing() implements Json {}

    record Array(List<Json> items) implements Json {
        public Array {
            items = List.copyOf(items);
        }
    }

    /** An object; its members are kept in canonical order. */
    record Members(Map<String, Json> members) implements Json {
        public Members {
            members = SortedMembers.of(members);
        }

        public Optional<Json> get(String name) {
            return Optional.ofNullable(members.get(name));
        }

        private <T extends Json> Optional<T> optional(Class<T> type, String name, String what) {
            return get(name).map(value -> as(type, value, () -> "`" + name + "` is not " + what));
        }

        private <T extends Json> T required(Class<T> type, String name, String what) {
            return optional(type, name, what).orElseThrow(() -> new MalformedException("`" + name + "` is missing"));
        }

        private <T extends Json> List<T> items(Class<T> type, String name, String what) {
            List<T> items = new ArrayList<>();
            for (Json item : items(name)) {
                items.add(as(type, item, () -> "`" + name + "` holds something that is not " + what));
            }
            return Collections.unmodifiableList(items);
        }

        private static <T extends Json> T as(Class<T> type, Json value, Supplier<String> problem) {
            if (type.isInstance(value)) {
                return type.cast(value);
            }
            throw new MalformedException(problem.get());
        }

        public String text(String name) {
            return required(Text.class, name, "a string").value();
        }

        public Optional<String> optionalText(String name) {
            return optional(Text.class, name, "a string").map(Text::value);
        }

        public long whole(String name) {
            return required(Whole.class, name, "a whole number").value();
        }

        public boolean flag(String name) {
            return required(Flag.class, name, "true or false").value();
        }

        /** The array member {@code name}; empty if there is none. */
        public List<Json> items(String name) {
            return optional(Array.class, name, "an array").map(Array::items).orElse(List.of());
        }

        public Members object(String name) {
            return required(Members.class, name, "an object");
        }

        public Optional<Members> optionalObject(String name) {
            return optional(Members.class, name, "an object");
        }

        /** The member {@code name} if it is a string; empty if there is none, or it is anything else. */
        Optional<String> textIfAny(String name) {
            return get(name).filter(Text.class::isInstance).map(value -> ((Text) value).value());
        }

        /** The member {@code name}, an array of strings; empty if there is none. */
        public List<String> texts(String name) {
            List<String> texts = new ArrayList<>();
            items(Text.class, name, "a string").forEach(text -> texts.add(text.value()));
            return Collections.unmodifiableList(texts);
        }

        /** The member {@code name}, an array of objects; empty if there is none. */
        public List<Members> objects(String name) {
            return items(Members.class, name, "an object");
        }

        /** This object without the members {@code names}. */
        public Members without(Collection<String> names) {
            return new Members(SortedMembers.of(members).without(names));
        }

        /** This object, whose members are written once: their text is kept, also in what is made of it. */
        public Members prepared() {
            return new Members(SortedMembers.of(members).prepared());
        }

        /** This object with one member set. */
        public Members with(String name, Json value) {
            return new Members(SortedMembers.of(members).with(name, value));
        }

        public Members with(String name, String value) {
            return with(name, new Text(value));
        }

        public Members with(String name, long value) {
            return with(name, new Whole(value));
        }

        public Members with(String name, boolean value) {
            return with(name, new Flag(value));
        }

        /** This object with one string member set, if there is a value for it. */
        public Members withOptional(String name, Optional<String> value) {
            return value.map(text -> with(name, text)).orElse(this);
        }

        /** This object with one member set to an array of strings, in the order given. */
        public Members withTexts(String name, Collection<String> values) {
            return withTexts(name, values.stream());
        }

        public Members withTexts(String name, Stream<String> values) {
            return withItems(name, values.map(Text::new));
        }

        /** This object with one member set to an array, in the order given. */
        public Members withItems(String name, Stream<? extends Json> items) {
            return with(name, new Array(items.collect(Collectors.toUnmodifiableList())));
        }
    }

    static Members object() {
        return new Members(SortedMembers.EMPTY);
    }

    /** The RFC 8785 bytes of this value. */
    default byte[] canonical() {
        return canonicalText().getBytes(StandardCharsets.UTF_8);
    }

    /** The RFC 8785 form as a string. */
    default String canonicalText() {
        StringBuilder out = new StringBuilder(512);
        write(out, this);
        return out.toString();
    }

    // RFC 8785: no white space, sorted members.
    private static void write(StringBuilder out, Json value) {
        if (value instanceof Text text) {
            write(out, text.value());
        } else if (value instanceof Whole number) {
            out.append(number.value());
        } else if (value instanceof Flag flag) {
            out.append(flag.value());
        } else if (value instanceof Array array) {
            char before = '[';
            for (Json item : array.items()) {
                write(out.append(before), item);
                before = ',';
            }
            out.append(array.items().isEmpty() ? "[]" : "]");
        } else if (value instanceof Members object) {
            char before = '{';
            for (Map.Entry<String, Json> member : object.members().entrySet()) {
                String kept = SortedMembers.text(member);
                out.append(before);
                if (kept == null) {
                    write(out, member.getKey());
                    write(out.append(':'), member.getValue());
                } else {
                    out.append(kept);
                }
                before = ',';
            }
            out.append(object.members().isEmpty() ? "{}" : "}");
        } else {
            out.append("null");
        }
    }

    // RFC 8785 §3.2.2.2: two-character escapes where JSON has them, lower-case u00xx for other controls.
    private static void write(StringBuilder out, String text) {
        out.append('"');
        int plain = 0; // where the text begins that is not written yet
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c != '"' && c != '\\') {
                continue;
            }
            out.append(text, plain, i);
            plain = i + 1;
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\b' -> out.append("\\b");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\f' -> out.append("\\f");
                case '\r' -> out.append("\\r");
                default -> out.append(String.format("\\u%04x", (int) c));
            }
        }
        out.append(text, plain, text.length()).append('"');
    }

    /**
     * Reads exactly one value in RFC 8785 form. Everything but what {@link #canonical} would write for it is malformed:
     * one spelling, so that nothing can be read in two ways.
     */
    static Json read(byte[] bytes) {
        JsonReader reader = new JsonReader(bytes, "the JSON", JsonReader.MAX_DEPTH);
        Json value = reader.read();
        if (!reader.isText(value.canonicalText())) {
            throw new MalformedException("the JSON is not in RFC 8785 form");
        }
        return value;
    }

    /** Reads exactly one object in RFC 8785 form. */
    static Members readObject(byte[] bytes) {
        return Members.as(Members.class, read(bytes), () -> "the value is not an object");
    }

    /**
     * Reads an object in any spelling (RFC 8259), of which nothing is lost: a number that {@link Whole} cannot hold is
     * malformed. A failure quotes nothing of it; {@code name} is its subject.
     */
    static Members readWritten(byte[] bytes, String name) {
        JsonReader reader = new JsonReader(bytes, name, JsonReader.MAX_DEPTH);
        Json value = reader.read();
        if (!reader.isWhole()) {
            throw new MalformedException(name + " has a number that is not whole, or too large");
        }
        return Members.as(Members.class, value, () -> name + " is not an object");
    }

    /**
     * Reads an object that others have written (RFC 8259). A number that {@link Whole} cannot hold, such as a fraction,
     * becomes {@code null}. A failure quotes nothing of it; {@code name}, such as "the client data", is its subject.
     */
    static Members readForeign(byte[] bytes, String name) {
        Json value = new JsonReader(bytes, name, JsonReader.MAX_FOREIGN_DEPTH).read();
        return Members.as(Members.class, value, () -> name + " is not an object");
    }
}
