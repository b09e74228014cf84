package dev.interlock.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/**
 * A member of a settings file.
 *
 * @param path the names that lead to it
 * @param value its target value
 */
record Member(List<String> path, JsonNode value) {

    Member {
        path = List.copyOf(path);
    }

    static Member of(String value, String... path) {
        return new Member(List.of(path), new TextNode(value));
    }

    static Member of(boolean value, String... path) {
        return new Member(List.of(path), BooleanNode.valueOf(value));
    }

    String name() {
        return name(path);
    }

    static String name(List<String> path) {
        return String.join(" › ", path);
    }
}
