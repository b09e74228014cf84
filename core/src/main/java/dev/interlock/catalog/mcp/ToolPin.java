package dev.interlock.catalog.mcp;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What an MCP server says of one tool, as a model reads it: the tool's name, title, description, schemas and hints.
 * Nothing else of the tool is kept.
 *
 * @param members those of {@link #MEMBERS} that the server gives
 */
public record ToolPin(Map<String, Value> members) {

    /** The members that count, in the order in which people read them. */
    public static final List<String> MEMBERS =
            List.of("name", "title", "description", "inputSchema", "outputSchema", "annotations");

    public ToolPin {
        members = Map.copyOf(members);
        if (!(members.get("name") instanceof Value.Text)) {
            throw new IllegalArgumentException("it has no name");
        }
    }

    /** Returns what {@code tool}, an item of a server's list, says. */
    static ToolPin of(Map<String, Value> tool) {
        Map<String, Value> kept = new LinkedHashMap<>();
        for (String member : MEMBERS) {
            Value value = tool.get(member);
            if (value != null) {
                kept.put(member, value);
            }
        }
        return new ToolPin(kept);
    }

    /**
     * Reads a pin as {@link #text} writes it.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static ToolPin read(String text) {
        if (Value.find(Bytes.utf8(text)).orElse(null) instanceof Value.Members(var members)) {
            ToolPin pin = of(members);
            if (pin.text().equals(text)) {
                return pin;
            }
        }
        throw new IllegalArgumentException("it is no tool in canonical JSON (RFC 8785)");
    }

    public String name() {
        return Objects.requireNonNull(members.get("name")).scalar().orElseThrow();
    }

    /** Returns it in canonical JSON (RFC 8785). */
    public String text() {
        return new Value.Members(members).json();
    }

    /** Returns the SHA-256 of {@link #text}, in hexadecimal. */
    public String digest() {
        return Bytes.utf8(text()).sha256();
    }

    /** Returns {@code member} in canonical JSON, or a text as it is; empty if the server does not give it. */
    public String text(String member) {
        return switch (members.get(member)) {
            case null -> "";
            case Value.Text(String text) -> text;
            case Value value -> value.json();
        };
    }

    /** Returns the members that differ in {@code other}. */
    public List<String> changedIn(ToolPin other) {
        return MEMBERS.stream()
                .filter(member -> !Objects.equals(members.get(member), other.members.get(member)))
                .toList();
    }

    /** Returns whether it has characters that a model reads and a person does not see. */
    public boolean hasHiddenText() {
        return isHidden(new Value.Members(members));
    }

    private static boolean isHidden(Value value) {
        return switch (value) {
            case Value.Text(String text) -> isHidden(text);
            case Value.Items(var items) -> items.stream().anyMatch(ToolPin::isHidden);
            case Value.Members(var object) ->
                object.entrySet().stream().anyMatch(member -> isHidden(member.getKey()) || isHidden(member.getValue()));
            default -> false;
        };
    }

    private static boolean isHidden(String text) {
        return text.codePoints().anyMatch(c -> c != '\n' && c != '\r' && c != '\t' && isHidden(c));
    }

    private static boolean isHidden(int c) {
        return !VisibleText.isVisible(c)
                || c == 0x34f // a joiner without a form
                || (c >= 0x115f && c <= 0x1160) // fillers of Hangul
                || c == 0x3164
                || c == 0xffa0
                || (c >= 0x17b4 && c <= 0x17b5) // vowels of Khmer that are not drawn
                || (c >= 0x180b && c <= 0x180f)
                || (c >= 0xfe00 && c <= 0xfe0e) // variations; the sixteenth is that of emoji
                || (c >= 0xe0000 && c <= 0xe0fff);
    }
}
