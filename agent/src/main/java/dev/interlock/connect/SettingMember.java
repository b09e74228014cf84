package dev.interlock.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

record SettingMember(List<String> path, JsonNode value) {

    SettingMember {
        path = List.copyOf(path);
    }

    static SettingMember of(String value, String... path) {
        return new SettingMember(List.of(path), new TextNode(value));
    }

    static SettingMember of(boolean value, String... path) {
        return new SettingMember(List.of(path), BooleanNode.valueOf(value));
    }

    String name() {
        return name(path);
    }

    static String name(List<String> path) {
        return String.join(" › ", path);
    }
}
