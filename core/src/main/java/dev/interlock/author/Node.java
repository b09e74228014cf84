package dev.interlock.author;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A YAML value that remembers its line. */
sealed interface Node {

    int line();

    /** Returns the name of its kind, for messages. */
    String kind();

    /** A scalar as it was written. */
    record Scalar(String text, Kind scalar, int line) implements Node {
        enum Kind {
            TEXT,
            FLAG,
            NUMBER
        }

        @Override
        public String kind() {
            return switch (scalar) {
                case TEXT -> "a text";
                case FLAG -> "true or false";
                case NUMBER -> "a number";
            };
        }
    }

    record Mapping(Map<String, Node> entries, int line) implements Node {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        @Override
        public String kind() {
            return "a mapping";
        }
    }

    record Items(List<Node> items, int line) implements Node {
        public Items {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }
}
