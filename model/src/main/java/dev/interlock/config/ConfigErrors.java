package dev.interlock.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Explains why a file of root's is invalid, in the terms of that file: its author does not know our classes. */
final class ConfigErrors {

    private static final String ANY = "NAME";

    private final YAMLMapper mapper;
    private final String text;
    private final Class<?> form;

    /** @param form the record whose components are the file's keys */
    ConfigErrors(YAMLMapper mapper, String text, Class<?> form) {
        this.mapper = mapper;
        this.text = text;
        this.form = form;
    }

    /** Returns the first wrong key: {@code line 14: …}. Jackson does not notice that a missing key was mistyped. */
    Optional<String> keys() throws JsonProcessingException {
        return keys(mapper.readTree(text), mapper.constructType(form), List.of());
    }

    /** Returns the message for another error, in a file whose keys are all valid. */
    String words(JsonProcessingException e) {
        return e instanceof JsonMappingException found ? value(found) : read(e);
    }

    private static String read(JsonProcessingException e) {
        return "line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage();
    }

    /** Returns the first wrong key at {@code path} or below: an unknown one, or a missing one. */
    private Optional<String> keys(JsonNode node, JavaType type, List<String> path) {
        JavaType here = type.isReferenceType() ? Objects.requireNonNull(type.getContentType()) : type;
        if (!node.isObject()) {
            return (node.isNull()
                                    || node.isMissingNode()
                                    || (node.isTextual() && node.asText().isEmpty()))
                            && !type.isReferenceType()
                            && here.getRawClass().isRecord()
                    ? Optional.of(at(path) + where(path) + " is empty; "
                            + list(known(here).keySet()))
                    : Optional.empty();
        }
        if (here.isMapLikeType()) {
            return node.properties().stream()
                    .flatMap(each -> keys(each.getValue(), here.getContentType(), with(path, each.getKey())).stream())
                    .findFirst();
        }
        Map<String, BeanPropertyDefinition> known = known(here);
        for (Map.Entry<String, JsonNode> each : node.properties()) {
            BeanPropertyDefinition property = known.get(each.getKey());
            if (property == null) {
                return Optional.of(unknown(each.getKey(), path, known.keySet()));
            }
            Optional<String> below = keys(each.getValue(), property.getPrimaryType(), with(path, each.getKey()));
            if (below.isPresent()) {
                return below;
            }
        }
        return known.values().stream()
                .filter(property -> property.isRequired() && !node.hasNonNull(property.getName()))
                .findFirst()
                .map(property ->
                        at(path) + where(path) + " lacks `" + property.getName() + "`; " + list(known.keySet()));
    }

    private String unknown(String key, List<String> path, Collection<String> known) {
        Optional<String> near = Suggestions.misspelled(key, known);
        Optional<String> elsewhere = near.isPresent()
                ? Optional.empty()
                : places(mapper.constructType(form), List.of(), key).findFirst();
        return at(with(path, key)) + "`" + key + "` is not known in " + where(path)
                + near.map(name -> ": is `" + name + "` meant? ").orElse("")
                + elsewhere.map(place -> ": it belongs in " + place + "; ").orElse("")
                + (near.isPresent() || elsewhere.isPresent() ? "" : "; ")
                + list(known);
    }

    /** Returns the places where {@code key} is valid. */
    private Stream<String> places(JavaType type, List<String> path, String key) {
        if (type.isReferenceType()) {
            return places(Objects.requireNonNull(type.getContentType()), path, key);
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
    private String value(JsonMappingException e) {
        List<String> path = new ArrayList<>();
        e.getPath().stream()
                .map(each -> each.getFieldName() == null ? Integer.toString(each.getIndex()) : each.getFieldName())
                .forEach(path::add);
        if (e instanceof ValueInstantiationException && e.getCause() != null) {
            return at(path) + e.getCause().getMessage();
        }
        if (e instanceof MismatchedInputException mismatched) {
            return at(path) + where(path) + " must be " + kind(mismatched.getTargetType()) + not(e);
        }
        return read(e);
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
            return "keys and what they are";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        if (type == int.class || type == Integer.class) {
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
                : "one text";
    }

    private static List<String> with(List<String> path, String key) {
        return Stream.concat(path.stream(), Stream.of(key)).toList();
    }

    private static String where(List<String> path) {
        return path.isEmpty() ? "the file" : "`" + String.join(".", path) + "`";
    }

    private static String list(Collection<String> known) {
        return "known there: " + quoted(known);
    }

    private static String quoted(Collection<String> words) {
        return "`" + String.join("`, `", words) + "`";
    }

    /** Returns the line in which {@code path} begins. */
    private String at(List<String> path) {
        JsonPointer wanted = JsonPointer.empty();
        for (String key : path) {
            wanted = wanted.append(
                    JsonPointer.compile("/" + key.replace("~", "~0").replace("/", "~1")));
        }
        try (JsonParser parser = mapper.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.getParsingContext().pathAsPointer().equals(wanted)) {
                    return "line " + parser.currentTokenLocation().getLineNr() + ": ";
                }
            }
        } catch (IOException e) {
            // The file was read up to here.
        }
        return "line 1: ";
    }
}
