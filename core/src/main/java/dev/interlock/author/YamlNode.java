package dev.interlock.author;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A YAML value that remembers its line. */
sealed interface YamlNode {

    int line();

    /** Returns the name of its kind, for messages. */
    String kind();

    /** A scalar as it was written. */
    record YamlScalar(String text, ScalarKind scalar, int line) implements YamlNode {
        enum ScalarKind {
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

    record YamlMapping(Map<String, YamlNode> entries, int line) implements YamlNode {
        public YamlMapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        @Override
        public String kind() {
            return "a mapping";
        }
    }

    record YamlSequence(List<YamlNode> items, int line) implements YamlNode {
        public YamlSequence {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }
}
