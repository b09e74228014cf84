package dev.interlock.config;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.interlock.action.VisibleText;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Explains why a YAML file is invalid, in the terms of that file: its author does not know our classes. */
record YamlErrors(YAMLMapper mapper, Class<?> form, PlainYaml yaml) {

    private static final String ANY = "NAME";

    /** Returns the first wrong key. Jackson does not notice that a missing key was mistyped. */
    Optional<YamlProblemException> keys(JsonNode file) {
        return keys(file, mapper.constructType(form), List.of());
    }

    /** Returns the first wrong key at {@code path} or below: an unknown one, or a missing one. */
    private Optional<YamlProblemException> keys(JsonNode node, JavaType type, List<String> path) {
        JavaType here = type.isReferenceType() ? Objects.requireNonNull(type.getContentType()) : type;
        if (node.isArray() && here.isCollectionLikeType()) {
            return IntStream.range(0, node.size())
                    .mapToObj(i -> keys(node.get(i), here.getContentType(), with(path, Integer.toString(i + 1))))
                    .flatMap(Optional::stream)
                    .findFirst();
        }
        if (!node.isObject()) {
            boolean isEmpty = node.isNull()
                    || node.isMissingNode()
                    || (node.isTextual() && node.asText().isEmpty());
            return isEmpty && !type.isReferenceType() && here.getRawClass().isRecord()
                    ? Optional.of(problem(
                            path, where(path) + " is empty; " + list(known(here).keySet())))
                    : Optional.empty();
        }
        if (here.isMapLikeType()) {
            return node.properties().stream()
                    .flatMap(each -> keys(each.getValue(), here.getContentType(), with(path, each.getKey())).stream())
                    .findFirst();
        }
        if (!here.getRawClass().isRecord()) {
            return Optional.empty();
        }
        Map<String, BeanPropertyDefinition> known = known(here);
        for (Map.Entry<String, JsonNode> each : node.properties()) {
            BeanPropertyDefinition property = known.get(each.getKey());
            if (property == null) {
                return Optional.of(unknown(each.getKey(), path, known.keySet()));
            }
            Optional<YamlProblemException> below =
                    keys(each.getValue(), property.getPrimaryType(), with(path, each.getKey()));
            if (below.isPresent()) {
                return below;
            }
        }
        return known.values().stream()
                .filter(property -> property.isRequired() && !node.hasNonNull(property.getName()))
                .findFirst()
                .map(property ->
                        problem(path, where(path) + " lacks `" + property.getName() + "`; " + list(known.keySet())));
    }

    private YamlProblemException unknown(String key, List<String> path, Collection<String> known) {
        Optional<String> near = Suggestions.misspelled(key, known);
        Optional<String> elsewhere = near.isPresent()
                ? Optional.empty()
                : places(mapper.constructType(form), List.of(), key).findFirst();
        return problem(
                with(path, key),
                "`" + VisibleText.line(key) + "` is not known in " + where(path)
                        + near.map(name -> ": is `" + name + "` meant? ").orElse("")
                        + elsewhere
                                .map(place -> ": it belongs in " + place + "; ")
                                .orElse("")
                        + (near.isPresent() || elsewhere.isPresent() ? "" : "; ")
                        + list(known));
    }

    private Stream<String> places(JavaType type, List<String> path, String key) {
        if (type.isReferenceType()) {
            return places(Objects.requireNonNull(type.getContentType()), path, key);
        }
        if (type.isCollectionLikeType()) {
            return places(type.getContentType(), path, key);
        }
        if (type.isMapLikeType()) {
            return places(type.getContentType(), with(path, ANY), key);
        }
        if (!type.getRawClass().isRecord()) {
            return Stream.empty();
        }
        Map<String, BeanPropertyDefinition> known = known(type);
        return Stream.concat(
                known.containsKey(key) ? Stream.of(where(path)) : Stream.empty(),
                known.values().stream()
                        .flatMap(each -> places(each.getPrimaryType(), with(path, each.getName()), key)));
    }

    private Map<String, BeanPropertyDefinition> known(JavaType type) {
        return mapper.getDeserializationConfig().introspect(type).findProperties().stream()
                .filter(BeanPropertyDefinition::hasConstructorParameter)
                .collect(
                        Collectors.toMap(BeanPropertyDefinition::getName, each -> each, (one, _) -> one, TreeMap::new));
    }

    /** Returns the message for a value that is invalid, while all keys are known. */
    YamlProblemException value(JsonMappingException e) {
        List<String> path = e.getPath().stream()
                .map(each -> each.getFieldName() == null ? Integer.toString(each.getIndex() + 1) : each.getFieldName())
                .toList();
        if (e instanceof ValueInstantiationException && e.getCause() != null) {
            return problem(path, String.valueOf(e.getCause().getMessage()));
        }
        return e instanceof MismatchedInputException mismatched
                ? problem(path, where(path) + " must be " + kind(mismatched.getTargetType()) + not(e))
                : problem(path, e.getOriginalMessage());
    }

    /** Quotes words only: somebody may have written a secret where a number belongs. */
    private static String not(JsonMappingException e) {
        return e instanceof InvalidFormatException word
                        && word.getTargetType() != null
                        && word.getTargetType().isEnum()
                ? ", not `" + VisibleText.line(String.valueOf(word.getValue())) + "`"
                : "";
    }

    private String kind(@Nullable Class<?> type) {
        if (type == null || type.isRecord() || Map.class.isAssignableFrom(type)) {
            return "keys with values";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list such as `[a, b]`";
        }
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return "a whole number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "`true` or `false`";
        }
        return type.isEnum()
                ? "one of "
                        + quoted(Stream.of(type.getEnumConstants())
                                .map(word -> mapper.valueToTree(word).asText())
                                .toList())
                : "one text, if necessary in quotes";
    }

    private static List<String> with(List<String> path, String key) {
        return Stream.concat(path.stream(), Stream.of(key)).toList();
    }

    private static String where(List<String> path) {
        return path.isEmpty() ? "the file" : "`" + VisibleText.line(String.join(".", path)) + "`";
    }

    private static String list(Collection<String> known) {
        return "known there: " + quoted(known);
    }

    private static String quoted(Collection<String> words) {
        return "`" + String.join("`, `", words) + "`";
    }

    private YamlProblemException problem(List<String> path, String message) {
        return new YamlProblemException(yaml.line(path), message);
    }
}
