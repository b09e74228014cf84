package dev.interlock.catalog.graphql;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads exactly one JSON value, in the strictest form of RFC 8259: no duplicate names, nothing after the value. */
final class JsonReader {

    /** Maximum characters. Railway's largest inputs, imported compose files and patches, stay far below. */
    static final int MAX_CHARACTERS = 1 << 20;

    /** Maximum nesting depth. Nobody nests deeper by hand, and the readers behind the gateway may be recursive. */
    static final int MAX_DEPTH = 40;

    /**
     * Maximum values. A parsed value takes 100 to 200 bytes. The longest conversation with a model has some thousand.
     */
    static final int MAX_VALUES = 50_000;

    private static final int MAX_NAME = 1_000;

    /**
     * Maximum characters of a number. It is more than any reader keeps. Parsing digits takes time that grows with the
     * square of their number.
     */
    static final int MAX_NUMBER = 40;

    private static final JsonFactory FACTORY = factory(MAX_CHARACTERS);

    /** Returns what a text of {@code parser} is. */
    @FunctionalInterface
    interface TextReader {
        Value read(JsonParser parser) throws IOException;
    }

    private final JsonParser parser;
    private final TextReader texts;
    private int left;

    JsonReader(JsonParser parser, int most, TextReader texts) {
        this.parser = parser;
        this.left = most;
        this.texts = texts;
    }

    /** @param longest maximum characters of a text that is taken into memory */
    static JsonFactory factory(int longest) {
        return JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // invented names must not stay in a cache
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION) // an exception must not quote the agent's text
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNumberLength(MAX_NUMBER)
                        .maxNameLength(MAX_NAME)
                        .maxStringLength(longest)
                        .build())
                .build();
    }

    static Value read(String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw new UnreadableException(GraphqlRefusals.REQUEST_TOO_LONG);
        }
        try (JsonParser parser = FACTORY.createParser(text.toCharArray())) {
            return new JsonReader(parser, MAX_VALUES, JsonReader::text).whole();
        } catch (IOException | NumberFormatException _) { // the latter for an exponent beyond an int
            throw malformed();
        }
    }

    Value whole() throws IOException {
        Value value = value(parser.nextToken());
        if (parser.nextToken() != null) {
            throw malformed();
        }
        return value;
    }

    static UnreadableException malformed() {
        return new UnreadableException(GraphqlRefusals.NO_JSON);
    }

    private Value value(@Nullable JsonToken token) throws IOException {
        if (--left < 0) {
            throw new UnreadableException(GraphqlRefusals.TOO_MANY_VALUES, MAX_VALUES);
        }
        return switch (token) {
            case VALUE_NULL -> new Value.NullLiteral();
            case VALUE_TRUE -> new Value.Flag(true);
            case VALUE_FALSE -> new Value.Flag(false);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Value.Numeric(parser.getDecimalValue());
            case VALUE_STRING -> texts.read(parser);
            case START_ARRAY -> items();
            case START_OBJECT -> members();
            case null -> throw malformed();
            case END_ARRAY, END_OBJECT, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw malformed();
        };
    }

    static Value text(JsonParser parser) throws IOException {
        String text = parser.getText();
        TextDecoding.requireScalars(text);
        return new Value.Text(text);
    }

    private Value items() throws IOException {
        List<Value> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token));
        }
        return new Value.Items(items);
    }

    private Value members() throws IOException {
        Map<String, Value> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            TextDecoding.requireScalars(name);
            members.put(name, value(parser.nextToken()));
        }
        return new Value.Members(members);
    }
}
