package dev.interlock.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A YAML text in the form that every program reads alike: one document, no key twice, no anchors, aliases or tags.
 *
 * @param root its content; missing if it is empty
 * @param lines the line of every key and item, by its path of keys and of item numbers, counted from 1
 */
public record PlainYaml(JsonNode root, Map<List<String>, Integer> lines) {

    /** The scalars besides texts that every reader of YAML reads alike. */
    private static final Pattern UNAMBIGUOUS = Pattern.compile("true|false|[0-9]{1,9}");

    private static final YAMLMapper MAPPER = new YAMLMapper();

    /**
     * Reads {@code text}.
     *
     * @throws YamlProblemException unless it is YAML of this form
     */
    public static PlainYaml read(String text) {
        return read(text, false);
    }

    /** @param exact whether values that are missing, or mean different things to different programs, are mistakes */
    static PlainYaml read(String text, boolean exact) {
        try {
            Map<List<String>, Integer> lines = lines(text, exact);
            return new PlainYaml(MAPPER.readTree(text), lines);
        } catch (JsonProcessingException e) {
            throw YamlSyntax.problem(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory is always readable
        }
    }

    /** Returns the line of {@code path}, or else of what contains it. */
    public int line(List<String> path) {
        List<String> at = path;
        while (!at.isEmpty() && !lines.containsKey(at)) {
            at = at.subList(0, at.size() - 1);
        }
        return lines.getOrDefault(at, 1);
    }

    private static Map<List<String>, Integer> lines(String text, boolean exact) throws IOException {
        Map<List<String>, Integer> lines = new HashMap<>();
        try (YAMLParser parser = MAPPER.getFactory().createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                List<String> path = path(parser.getParsingContext());
                int line = Math.max(parser.currentTokenLocation().getLineNr(), 1);
                check(parser, token, line, exact);
                boolean seen = !token.isStructEnd() && lines.putIfAbsent(path, line) != null;
                if (seen && path.isEmpty()) {
                    throw new YamlProblemException(
                            line, "the file contains a second document; put each into a separate file");
                }
                if (seen && token == JsonToken.FIELD_NAME) {
                    throw new YamlProblemException(
                            line, "`" + VisibleText.line(path.getLast()) + "` is given twice; remove one of them");
                }
            }
        }
        return lines;
    }

    private static void check(YAMLParser parser, JsonToken token, int line, boolean exact) throws IOException {
        // Jackson would return an alias as the text of its name.
        if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
            throw new YamlProblemException(line, "anchors, aliases and tags are not supported; write the value itself");
        }
        if (!exact || !token.isScalarValue()) {
            return;
        }
        boolean isText = token == JsonToken.VALUE_STRING;
        if (token == JsonToken.VALUE_NULL || (isText && parser.getText().isBlank())) {
            throw new YamlProblemException(line, "a value is missing; write `[]` for none");
        }
        if (!isText && !UNAMBIGUOUS.matcher(parser.getText()).matches()) {
            throw new YamlProblemException(
                    line,
                    "`" + VisibleText.line(parser.getText())
                            + "` means different things to different programs; write `true`, `false` or a whole number, or put a text in quotes");
        }
    }

    private static List<String> path(JsonStreamContext innermost) {
        List<String> path = new ArrayList<>();
        for (JsonStreamContext at = innermost; at != null; at = at.getParent()) {
            if (at.hasPathSegment()) {
                path.addFirst(at.inArray() ? Integer.toString(at.getCurrentIndex() + 1) : at.getCurrentName());
            }
        }
        return path;
    }
}
