package dev.interlock.policy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.interlock.action.Alert;
import dev.interlock.action.Backup;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealedPlacements;
import dev.interlock.evidence.Keyword;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The types of a seal's components that are a text in its JSON, or have a form of their own. */
final class SealTypes extends SimpleModule {

    private static final long serialVersionUID = 1L;

    SealTypes() {
        text(Operation.class, Operation::parse);
        text(Resource.class, Resource::parse);
        text(Obligations.Quorum.class, Obligations.Quorum::parse);
        text(Impact.class, Impact::of);
        text(SealLimits.GroupingKey.class, SealLimits.GroupingKey::of);
        text(SandboxRules.DecoyReaction.class, SandboxRules.DecoyReaction::of);
        text(Alert.AlertKind.class, Alert.AlertKind::of);
        text(Alert.Severity.class, Alert.Severity::of);
        text(URI.class, URI::create);
        text(Instant.class, Instant::parse);
        text(LocalDate.class, LocalDate::parse);
        addKeyDeserializer(Operation.class, new KeyDeserializer() {
            @Override
            public Object deserializeKey(String key, DeserializationContext context) {
                return Operation.parse(key);
            }
        });
        addSerializer(Duration.class, writer((duration, json) -> json.writeNumber(duration.toSeconds())));
        addDeserializer(Duration.class, reader(node -> Duration.ofSeconds(node.longValue())));
        addSerializer(Set.class, writer(SealTypes::sorted));
        addSerializer(SealedPlacements.class, writer(SealTypes::write));
        addDeserializer(SealedPlacements.class, reader(SealTypes::placements));
        setMixInAnnotation(Backup.class, DeclaredBackup.class);
        addDeserializer(Backup.class, reader(SealTypes::backup));
        setMixInAnnotation(Seal.Agent.class, EnrolledAgent.class);
        setMixInAnnotation(Seal.Environment.class, NamedEnvironment.class);
        setMixInAnnotation(Seal.Upstream.class, NamedUpstream.class);
    }

    /** A backup in a seal is only declared: nobody has restored it. */
    @JsonIgnoreProperties({"provenance", "restored_at", "attestation"})
    private abstract static class DeclaredBackup {}

    /** Users are left out if everybody is one: an empty list would read as nobody. */
    private abstract static class EnrolledAgent {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        abstract Set<String> users();
    }

    private abstract static class NamedEnvironment {
        @JsonProperty("protected")
        abstract boolean isProtected();

        /** The vault and the verifier take it as true, or left out. */
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        @JsonProperty("readable")
        abstract boolean isReadable();
    }

    private abstract static class NamedUpstream {
        @JsonProperty("resources")
        abstract SealedPlacements places();

        @JsonProperty("secrets_referenced")
        abstract boolean referencesSecrets();

        @JsonProperty("private")
        abstract boolean inside();

        @JsonProperty("http2")
        abstract boolean priorKnowledge();
    }

    private interface ValueWriter<V> {
        void write(V value, JsonGenerator json) throws IOException;
    }

    private static <V> JsonSerializer<V> writer(ValueWriter<V> writer) {
        return new JsonSerializer<>() {
            @Override
            public void serialize(V value, JsonGenerator json, SerializerProvider all) throws IOException {
                writer.write(value, json);
            }

            @Override
            public boolean isEmpty(SerializerProvider all, V value) {
                return value instanceof Collection<?> items && items.isEmpty();
            }
        };
    }

    private static <V> JsonDeserializer<V> reader(Function<JsonNode, V> reader) {
        return new JsonDeserializer<>() {
            @Override
            public V deserialize(JsonParser json, DeserializationContext all) throws IOException {
                JsonNode node = json.readValueAsTree();
                try {
                    return reader.apply(node);
                } catch (IllegalArgumentException | DateTimeException e) {
                    throw JsonMappingException.from(json, String.valueOf(e.getMessage()), e);
                }
            }
        };
    }

    private <V> void text(Class<V> type, Function<String, V> parse) {
        addSerializer(type, writer((value, json) -> json.writeString(word(value))));
        addDeserializer(type, reader(node -> parse.apply(node.textValue())));
    }

    private static String word(Object value) {
        return switch (value) {
            case Keyword keyword -> keyword.word();
            case Alert.AlertKind kind -> kind.word();
            default -> value.toString();
        };
    }

    private static void sorted(Set<?> values, JsonGenerator json) throws IOException {
        json.writeStartArray();
        for (String word : new TreeSet<>(values.stream().map(SealTypes::word).toList())) {
            json.writeString(word);
        }
        json.writeEndArray();
    }

    private static Backup backup(JsonNode node) {
        return new Backup(
                node.path("id").asText(),
                Resource.parse(node.path("of").asText()),
                Instant.parse(node.path("taken_at").asText()),
                node.path("domain").asText(),
                Provenance.SEALED,
                Optional.empty());
    }

    private static void write(SealedPlacements places, JsonGenerator json) throws IOException {
        json.writeStartObject();
        for (Placement placement : places.resources().values()) {
            write(placement.resource().toString(), placement.environments(), placement.groups(), json);
        }
        for (ResourcePattern pattern : places.patterns()) {
            write(pattern.toString(), pattern.environments(), pattern.groups(), json);
        }
        json.writeEndObject();
    }

    private static void write(String name, Set<String> environments, Set<Resource> groups, JsonGenerator json)
            throws IOException {
        json.writeObjectFieldStart(name);
        json.writeFieldName("environments");
        sorted(environments, json);
        json.writeFieldName("groups");
        sorted(groups, json);
        json.writeEndObject();
    }

    private static SealedPlacements placements(JsonNode node) {
        Map<Resource, Placement> resources = new HashMap<>();
        Set<ResourcePattern> patterns = new HashSet<>();
        node.properties().forEach(place -> {
            Set<String> environments = texts(place.getValue().path("environments"));
            Set<Resource> groups = texts(place.getValue().path("groups")).stream()
                    .map(Resource::parse)
                    .collect(Collectors.toSet());
            if (ResourcePattern.isPattern(place.getKey())) {
                patterns.add(ResourcePattern.parse(place.getKey(), environments, groups));
            } else {
                Resource resource = Resource.parse(place.getKey());
                resources.put(resource, new Placement(resource, environments, groups, Provenance.SEALED, true));
            }
        });
        return new SealedPlacements(resources, patterns);
    }

    private static Set<String> texts(JsonNode items) {
        Set<String> texts = new TreeSet<>();
        items.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
