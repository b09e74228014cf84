package dev.interlock.connect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Sets members of a JSON text and leaves every other character as it is: comments, order, blanks. It reads its own
 * output again, and fails unless the meaning is the old one plus the new members.
 */
final class JsonSettings {

    private static final int MAX_DEPTH = 50;
    private static final Pattern PLAIN = Pattern.compile("https?://[A-Za-z0-9.:/_-]{1,200}|gemini-api-key");

    private final JsonMapper mapper;

    /** @param comments whether the program that reads it accepts comments and trailing commas */
    JsonSettings(boolean comments) {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .configure(JsonReadFeature.ALLOW_JAVA_COMMENTS, comments)
                .configure(JsonReadFeature.ALLOW_TRAILING_COMMA, comments)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .build();
        mapper = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    record EditedSettings(String text, List<TextEdit> splices, List<SettingDifference> differences) {
        EditedSettings {
            splices = List.copyOf(splices);
            differences = List.copyOf(differences);
        }
    }

    /** @throws UnsupportedSettingsException if it is no JSON object, or a value of another type is in the way */
    EditedSettings with(String text, List<SettingMember> members) throws UnsupportedSettingsException {
        String now = text;
        List<TextEdit> splices = new ArrayList<>();
        List<SettingDifference> differences = new ArrayList<>();
        for (SettingMember member : members) {
            MemberPosition spot = find(now, member);
            if (spot.stands(member)) {
                continue;
            }
            TextEdit splice = spot.splice(now, member);
            String next = splice.in(now);
            require(tree(next).equals(set(tree(now), member)));
            now = next;
            splices.add(splice);
            differences.add(new SettingDifference(
                    member.name(),
                    spot.value.map(JsonSettings::harmless),
                    member.value().isValueNode()
                            ? member.value().asText()
                            : member.value().toString()));
        }
        return new EditedSettings(now, splices, differences);
    }

    /** Returns whether {@code text} has a member at {@code path} that is not null. */
    boolean stands(String text, List<String> path) throws UnsupportedSettingsException {
        JsonNode at = tree(text);
        for (String name : path) {
            at = at.path(name);
        }
        return !at.isMissingNode() && !at.isNull();
    }

    private ObjectNode tree(String text) throws UnsupportedSettingsException {
        try {
            return mapper.readTree(text) instanceof ObjectNode object ? object : other();
        } catch (JsonProcessingException e) {
            // The parser's message quotes the file, which may hold a secret.
            throw new UnsupportedSettingsException("It cannot be parsed at line "
                    + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ".");
        }
    }

    private static ObjectNode other() throws UnsupportedSettingsException {
        throw new UnsupportedSettingsException("It cannot be parsed: it is not a JSON object.");
    }

    private static void require(boolean same) throws UnsupportedSettingsException {
        if (!same) {
            throw new UnsupportedSettingsException("It has a form that cannot be changed safely.");
        }
    }

    private static ObjectNode set(ObjectNode tree, SettingMember member) {
        ObjectNode at = tree;
        for (String name : member.path().subList(0, member.path().size() - 1)) {
            at = at.get(name) instanceof ObjectNode inner ? inner : at.putObject(name);
        }
        at.set(member.path().getLast(), member.value());
        return tree;
    }

    /** A command may hold a secret, and an address with a password or a query. */
    private static String harmless(JsonNode value) {
        boolean plain = value.isBoolean()
                || value.isNumber()
                || PLAIN.matcher(value.asText()).matches();
        return plain ? value.asText() : "(" + value.toString().length() + " characters)";
    }

    /**
     * The position of a member.
     *
     * @param begin of the present value; else behind the brace of the innermost object on the path
     * @param missing the names that are not there
     * @param empty whether that innermost object is
     */
    private record MemberPosition(int begin, int end, Optional<JsonNode> value, List<String> missing, boolean empty) {

        boolean stands(SettingMember member) {
            return value.filter(member.value()::equals).isPresent();
        }

        TextEdit splice(String text, SettingMember member) {
            if (value.isPresent()) {
                return new TextEdit(
                        begin, text.substring(begin, end), member.value().toString());
            }
            String line = text.contains("\r\n") ? "\r\n" : "\n";
            String indent = "  ".repeat(member.path().size() - missing.size() + 1);
            // New members come first, so that no comma is needed behind the last one, and no existing line changes.
            String rest = empty ? (text.startsWith("}", begin) ? line + indent.substring(2) : "") : ",";
            return new TextEdit(begin, "", line + indent + nested(missing, member, line + indent) + rest);
        }

        /** Each member of a new object is on a line of its own, as people and editors write it. */
        private static String nested(List<String> names, SettingMember member, String line) {
            String name = JsonNodeFactory.instance.textNode(names.getFirst()) + ": ";
            String inner = line + "  ";
            return names.size() == 1
                    ? name + member.value()
                    : name + "{" + inner + nested(names.subList(1, names.size()), member, inner) + line + "}";
        }
    }

    private MemberPosition find(String text, SettingMember member) throws UnsupportedSettingsException {
        tree(text);
        try (JsonParser parser = mapper.getFactory().createParser(text)) {
            parser.nextToken();
            return find(text, parser, member.path(), member);
        } catch (JsonProcessingException e) {
            throw new UnsupportedSettingsException("It cannot be parsed.");
        } catch (IOException e) {
            throw new IllegalStateException("a text can be read", e);
        }
    }

    private MemberPosition find(String text, JsonParser parser, List<String> path, SettingMember member)
            throws IOException, UnsupportedSettingsException {
        int inside = offset(parser.currentLocation().getCharOffset());
        boolean empty = true;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            boolean meant = parser.currentName().equals(path.getFirst());
            JsonToken token = parser.nextToken();
            if (meant && path.size() == 1) {
                int begin = offset(parser.currentTokenLocation().getCharOffset());
                parser.skipChildren();
                parser.finishToken(); // texts are parsed lazily
                int end = offset(parser.currentLocation().getCharOffset());
                return new MemberPosition(
                        begin, end, Optional.of(mapper.readTree(text.substring(begin, end))), path, false);
            }
            if (meant && token != JsonToken.START_OBJECT) {
                throw new UnsupportedSettingsException("It cannot be changed: `" + member.name()
                        + "` would have to be inside a value that is not an object.");
            }
            if (meant) {
                return find(text, parser, path.subList(1, path.size()), member);
            }
            parser.skipChildren();
        }
        return new MemberPosition(inside, inside, Optional.empty(), path, empty);
    }

    private static int offset(long offset) {
        return Math.toIntExact(offset);
    }
}
