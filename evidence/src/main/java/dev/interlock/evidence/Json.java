package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A JSON value in the form that is hashed and signed: RFC 8785, narrowed to whole numbers.
 *
 * <p>Member names sort by UTF-16 code units, as the RFC asks and {@link String#compareTo} does. Numbers are whole and
 * lie within ±(2^53 − 1), so that no reader rounds them (RFC 7493 §2.2); times and fractions are strings.
 */
public sealed interface Json {

    /** The largest whole number that every JSON reader keeps exactly. */
    long MAX_WHOLE = (1L << 53) - 1;

    /** A string of Unicode scalar values. */
    record Text(String value) implements Json {
        public Text {
            if (!isScalar(value)) {
                throw new IllegalArgumentException("a string holds an unpaired surrogate");
            }
        }

        /** Returns whether every surrogate in {@code value} is one of a pair. */
        public static boolean isScalar(String value) {
            for (int i = 0; i < value.length(); i++) {
                if (Character.isSurrogate(value.charAt(i))) {
                    // A pair reads as one code point above the surrogates; a lone half reads as itself.
                    if (value.codePointAt(i) <= Character.MAX_SURROGATE) {
                        return false;
                    }
                    i++;
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

    /** An array. */
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

        /** The member {@code name}, if there is one. */
        public Optional<Json> get(String name) {
            return Optional.ofNullable(members.get(name));
        }

        /**
         * The string member {@code name}.
         *
         * @throws MalformedException if there is none, or it is no string
         */
        public String text(String name) {
            return optionalText(name).orElseThrow(() -> new MalformedException("`" + name + "` is missing"));
        }

        /**
         * The string member {@code name}, if there is one.
         *
         * @throws MalformedException if it is no string
         */
        public Optional<String> optionalText(String name) {
            return get(name).map(value -> switch (value) {
                case Text text -> text.value();
                case Whole _, Flag _, Nothing _, Array _, Members _ ->
                    throw new MalformedException("`" + name + "` is not a string");
            });
        }

        /**
         * The whole-number member {@code name}.
         *
         * @throws MalformedException if there is none, or it is no whole number
         */
        public long whole(String name) {
            if (members.get(name) instanceof Whole whole) {
                return whole.value();
            }
            throw new MalformedException("`" + name + "` is not a whole number");
        }

        /**
         * The boolean member {@code name}.
         *
         * @throws MalformedException if there is none, or it is no boolean
         */
        public boolean flag(String name) {
            if (members.get(name) instanceof Flag flag) {
                return flag.value();
            }
            throw new MalformedException("`" + name + "` is not true or false");
        }

        /**
         * The array member {@code name}; empty if there is none.
         *
         * @throws MalformedException if it is no array
         */
        public List<Json> items(String name) {
            return switch (get(name).orElse(new Array(List.of()))) {
                case Array array -> array.items();
                case Text _, Whole _, Flag _, Nothing _, Members _ ->
                    throw new MalformedException("`" + name + "` is not an array");
            };
        }

        /**
         * The object member {@code name}.
         *
         * @throws MalformedException if there is none, or it is no object
         */
        public Members object(String name) {
            if (members.get(name) instanceof Members object) {
                return object;
            }
            throw new MalformedException("`" + name + "` is not an object");
        }

        /**
         * The object member {@code name}, if there is one.
         *
         * @throws MalformedException if it is no object
         */
        public Optional<Members> optionalObject(String name) {
            return get(name).map(_ -> object(name));
        }

        /**
         * The member {@code name}, an array of strings; empty if there is none.
         *
         * @throws MalformedException if it is no array, or holds anything else
         */
        public List<String> texts(String name) {
            return items(name).stream()
                    .map(item -> switch (item) {
                        case Text text -> text.value();
                        case Whole _, Flag _, Nothing _, Array _, Members _ ->
                            throw new MalformedException("`" + name + "` holds something that is not a string");
                    })
                    .toList();
        }

        /**
         * The member {@code name}, an array of objects; empty if there is none.
         *
         * @throws MalformedException if it is no array, or holds anything else
         */
        public List<Members> objects(String name) {
            return items(name).stream()
                    .map(item -> switch (item) {
                        case Members object -> object;
                        case Text _, Whole _, Flag _, Nothing _, Array _ ->
                            throw new MalformedException("`" + name + "` holds something that is not an object");
                    })
                    .toList();
        }

        /** This object without the members {@code names}. */
        public Members without(Collection<String> names) {
            Map<String, Json> narrower = new TreeMap<>(members);
            narrower.keySet().removeAll(names);
            return new Members(narrower);
        }

        /** This object with one member set. */
        public Members with(String name, Json value) {
            return new Members(SortedMembers.of(members).with(name, value));
        }

        /** This object with one string member set. */
        public Members with(String name, String value) {
            return with(name, new Text(value));
        }

        /** This object with one string member set, if there is a value for it. */
        public Members withOptional(String name, Optional<String> value) {
            return value.map(text -> with(name, text)).orElse(this);
        }

        /** This object with one whole-number member set. */
        public Members with(String name, long value) {
            return with(name, new Whole(value));
        }

        /** This object with one boolean member set. */
        public Members with(String name, boolean value) {
            return with(name, new Flag(value));
        }

        /** This object with one member set to an array of strings, in the order given. */
        public Members withTexts(String name, Collection<String> values) {
            return withTexts(name, values.stream());
        }

        /** This object with one member set to an array of strings, in the order given. */
        public Members withTexts(String name, Stream<String> values) {
            return withItems(name, values.map(Text::new));
        }

        /** This object with one member set to an array, in the order given. */
        public Members withItems(String name, Stream<? extends Json> items) {
            return with(name, new Array(List.copyOf(items.toList())));
        }
    }

    /** An object without members, to build on. */
    static Members object() {
        return new Members(SortedMembers.EMPTY);
    }

    /** The RFC 8785 bytes of this value. */
    default byte[] canonical() {
        return CanonicalWriter.write(this);
    }

    /** The RFC 8785 form as a string. */
    default String canonicalText() {
        return new String(canonical(), StandardCharsets.UTF_8);
    }

    /**
     * Reads exactly one value in RFC 8785 form.
     *
     * @throws MalformedException if the bytes are anything but what {@link #canonical} would write for the value they
     *     hold: one spelling, so that nothing can be read in two ways
     */
    static Json read(byte[] bytes) {
        return CanonicalReader.read(bytes);
    }

    /**
     * Reads exactly one object in RFC 8785 form.
     *
     * @throws MalformedException as {@link #read}, and if the value is no object
     */
    static Members readObject(byte[] bytes) {
        if (read(bytes) instanceof Members object) {
            return object;
        }
        throw new MalformedException("the value is not an object");
    }
}
