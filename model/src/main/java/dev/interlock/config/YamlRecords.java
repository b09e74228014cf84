package dev.interlock.config;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
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
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Function;

/**
 * Reads a YAML file into a record whose components are the file's keys. Unknown and duplicate keys are rejected. So are
 * anchors, aliases, tags and further documents, because two readers may read them differently.
 */
public final class YamlRecords<T> {

    private final Class<T> form;
    private final boolean exact;
    private final SimpleModule texts = new SimpleModule();

    public record ReadFile<T>(T value, PlainYaml yaml) {

        /** Returns the line of {@code path}, or else of what contains it. */
        public int line(List<String> path) {
            return yaml.line(path);
        }
    }

    private YamlRecords(Class<T> form, boolean exact) {
        this.form = form;
        this.exact = exact;
    }

    /** Returns a reader for local settings. A key without a value counts as absent, and any scalar as a text. */
    public static <T> YamlRecords<T> of(Class<T> form) {
        return new YamlRecords<>(form, false);
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

    /** Reads {@code text}; throws {@link YamlProblemException} if any part of it is invalid. */
    public ReadFile<T> read(String text) {
        YAMLMapper mapper = mapper();
        try {
            PlainYaml yaml = PlainYaml.read(text, exact);
            YamlErrors errors = new YamlErrors(mapper, form, yaml);
            errors.keys(yaml.root()).ifPresent(problem -> {
                throw problem;
            });
            try {
                return new ReadFile<>(mapper.readValue(text, form), yaml);
            } catch (JsonMappingException e) {
                throw errors.value(e);
            }
        } catch (JsonProcessingException e) {
            throw YamlSyntax.problem(e);
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
