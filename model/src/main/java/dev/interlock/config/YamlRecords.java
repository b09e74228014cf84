package dev.interlock.config;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads a YAML file into a record whose components are the file's keys. Unknown and duplicate keys are rejected. So are
 * anchors, aliases, tags and further documents, because two readers may read them differently.
 */
public final class YamlRecords<T> {

    /** The scalars besides texts that every reader of YAML reads alike. */
    private static final Pattern UNAMBIGUOUS = Pattern.compile("true|false|[0-9]{1,9}");

    private final Class<T> form;
    private final boolean exact;
    private final SimpleModule texts = new SimpleModule();

    /**
     * A file that was read.
     *
     * @param lines the line of every key and item, by its path of keys and of item numbers, counted from 1
     */
    public record ReadFile<T>(T value, Map<List<String>, Integer> lines) {

        /** Returns the line of {@code path}, or else of what contains it. */
        public int line(List<String> path) {
            return lineOf(lines, path);
        }
    }

    private YamlRecords(Class<T> form, boolean exact) {
        this.form = form;
        this.exact = exact;
    }

    /** Returns a reader for local settings. A key without a value counts as absent, and any scalar as a text. */
    public static <T> YamlRecords<T> of(Class<T> form) {
        // Jackson's own reader takes a text with a colon for a URI.
        return new YamlRecords<>(form, false).with(Path.class, Path::of);
    }

    /**
     * Returns a reader for files that decide about actions. It rejects keys without a value, empty texts, and scalars
     * that readers of YAML read differently, such as {@code yes}. A text that looks like a number needs quotes.
     */
    public static <T> YamlRecords<T> exact(Class<T> form) {
        return new YamlRecords<>(form, true).with(String.class, text -> text);
    }

    /** Reads every text that stands for a {@code type} by {@code reader}, whose exceptions explain the format. */
    public <V> YamlRecords<T> with(Class<V> type, Function<String, V> reader) {
        texts.addDeserializer(type, new TextReader<>(type, reader, exact));
        return this;
    }

    /**
     * Reads {@code text}.
     *
     * @throws YamlProblemException if any part of it is invalid
     */
    public ReadFile<T> read(String text) {
        YAMLMapper mapper = mapper();
        try {
            Map<List<String>, Integer> lines = lines(mapper, text);
            YamlErrors errors = new YamlErrors(mapper, form, lines);
            errors.keys(mapper.readTree(text)).ifPresent(problem -> {
                throw problem;
            });
            try {
                return new ReadFile<>(mapper.readValue(text, form), lines);
            } catch (JsonMappingException e) {
                throw errors.value(e);
            }
        } catch (JsonProcessingException e) {
            throw YamlSyntax.problem(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory is always readable
        }
    }

    private YAMLMapper mapper() {
        YAMLMapper mapper = YAMLMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .configure(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS, exact)
                .configure(MapperFeature.ALLOW_COERCION_OF_SCALARS, !exact)
                .addModule(new Jdk8Module())
                .addModule(texts)
                .build();
        for (Class<?> collection : List.of(List.class, Set.class, SortedSet.class, Map.class)) {
            mapper.configOverride(collection).setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY));
        }
        return mapper;
    }

    /** Returns the line of every path, and checks what a record cannot show any more. */
    private Map<List<String>, Integer> lines(YAMLMapper mapper, String text) throws IOException {
        Map<List<String>, Integer> lines = new HashMap<>();
        try (YAMLParser parser = mapper.getFactory().createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                List<String> path = path(parser.getParsingContext());
                int line = Math.max(parser.currentTokenLocation().getLineNr(), 1);
                check(parser, token, line);
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

    private void check(YAMLParser parser, JsonToken token, int line) throws IOException {
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
                    "`" + VisibleText.line(parser.getText()) + "` means different things to different programs;"
                            + " write `true`, `false` or a whole number, or put a text in quotes");
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

    /** Returns the line of {@code path}, or else of what contains it. */
    static int lineOf(Map<List<String>, Integer> lines, List<String> path) {
        List<String> at = path;
        while (!at.isEmpty() && !lines.containsKey(at)) {
            at = at.subList(0, at.size() - 1);
        }
        return lines.getOrDefault(at, 1);
    }

    /** Reads a text as it is written. */
    private static final class TextReader<V> extends StdScalarDeserializer<V> {

        private static final long serialVersionUID = 1L;

        private final transient Function<String, V> reader;
        private final boolean exact;

        TextReader(Class<V> type, Function<String, V> reader, boolean exact) {
            super(type);
            this.reader = reader;
            this.exact = exact;
        }

        @Override
        public V deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            String text = parser.getText();
            if (exact
                    ? !parser.hasToken(JsonToken.VALUE_STRING)
                    : !parser.currentToken().isScalarValue()) {
                return context.reportInputMismatch(this, "not a text");
            }
            try {
                return reader.apply(text);
            } catch (RuntimeException e) {
                String why = "`" + VisibleText.line(text) + "` is not valid: " + e.getMessage();
                throw ValueInstantiationException.from(
                        parser, why, getValueType(context), new IllegalArgumentException(why, e));
            }
        }
    }
}
