package dev.interlock.policy;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.interlock.action.Alert;
import dev.interlock.action.Backup;
import dev.interlock.action.Bytes;
import dev.interlock.action.ExemptOperation;
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
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The canonical JSON of a seal's payload, with one spelling for one meaning: the components of {@link Seal}, with a few
 * names of their own. {@link #read} accepts exactly what {@link #write} makes.
 */
final class SealJson {

    private static final String TYPE = "interlock-seal@v1";

    /** The setting under which a one-time code is enough for a person's first passkey. */
    private static final String BY_CODE = "code";

    /** The maps whose keys are a component of their values, with that component. */
    private static final Map<String, String> NAMED = Map.of(
            "environments", "name",
            "people", "name",
            "agents", "id",
            "upstreams", "name",
            "tasks", "name",
            "own_catalogs", "name");

    private static final JsonMapper MAPPER = mapper();

    private SealJson() {}

    private static JsonMapper mapper() {
        JsonMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.USE_DEFAULTS))
                .visibility(PropertyAccessor.IS_GETTER, JsonAutoDetect.Visibility.NONE)
                .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.FAIL))
                .addModule(new Jdk8Module())
                .addModule(new SealTypes())
                .build();
        for (Class<?> optional : List.of(Optional.class, OptionalLong.class)) {
            mapper.configOverride(optional).setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SET));
        }
        return mapper;
    }

    static byte[] write(Seal seal) {
        ObjectNode payload = MAPPER.valueToTree(seal);
        payload.remove("id");
        payload.put("type", TYPE);
        ObjectNode passkeys = (ObjectNode) payload.remove("passkeys");
        ObjectNode confirm = payload.putObject("confirm");
        confirm.set("software_keys", payload.remove("software_keys"));
        if (passkeys.path("first_by_code").asBoolean()) {
            confirm.put("first_passkey", BY_CODE);
        }
        move("recovery", passkeys, confirm);
        eachNamed(payload, (value, name) -> value.remove(name.component()));
        for (JsonNode upstream : payload.path("upstreams")) {
            ObjectNode slots = ((ObjectNode) upstream).objectNode();
            upstream.path("credentials").forEach(slot -> {
                JsonNode name = ((ObjectNode) slot).remove("name");
                slots.set(name.asText(), slot);
            });
            ((ObjectNode) upstream).set("credentials", slots);
        }
        return json(payload).canonical();
    }

    private static Json json(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                Map<String, Json> members = new LinkedHashMap<>();
                node.properties().forEach(member -> members.put(member.getKey(), json(member.getValue())));
                yield new Json.Members(members);
            }
            case ARRAY -> new Json.Array(node.valueStream().map(SealJson::json).toList());
            case BOOLEAN -> new Json.Flag(node.booleanValue());
            case NUMBER -> new Json.Whole(node.longValue());
            default -> new Json.Text(node.textValue());
        };
    }

    /** Reads a verified payload, which {@link #write} must make again byte by byte. */
    static Seal read(byte[] payload) {
        Json.readObject(payload); // bounds the depth
        Seal seal = seal(payload);
        if (!Bytes.of(write(seal)).equals(Bytes.of(payload))) {
            throw new MalformedException("the seal is not in its canonical form");
        }
        return seal;
    }

    private static Seal seal(byte[] payload) {
        try {
            ObjectNode members = (ObjectNode) MAPPER.readTree(payload);
            if (!members.path("type").asText().equals(TYPE)) {
                throw new MalformedException("`type` is not `" + TYPE + "`");
            }
            members.remove("type");
            members.put("id", Bytes.of(payload).sha256());
            JsonNode confirm = members.remove("confirm");
            if (!(confirm instanceof ObjectNode keys)) {
                throw new MalformedException("`confirm` is missing");
            }
            move("software_keys", keys, members);
            ObjectNode passkeys = members.putObject("passkeys");
            passkeys.put("first_by_code", keys.path("first_passkey").asText().equals(BY_CODE));
            move("recovery", keys, passkeys);
            eachNamed(members, (value, name) -> value.put(name.component(), name.key()));
            for (JsonNode environment : members.path("environments")) {
                ((ObjectNode) environment).putIfAbsent("readable", BooleanNode.FALSE);
            }
            for (JsonNode upstream : members.path("upstreams")) {
                ArrayNode slots = ((ObjectNode) upstream).arrayNode();
                upstream.path("credentials")
                        .properties()
                        .forEach(slot -> slots.add(((ObjectNode) slot.getValue()).put("name", slot.getKey())));
                ((ObjectNode) upstream).set("credentials", slots);
            }
            return MAPPER.treeToValue(members, Seal.class);
        } catch (JsonProcessingException e) {
            throw new MalformedException("the seal cannot be read: " + why(e), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // bytes in memory are always readable
        } catch (ClassCastException e) {
            throw new MalformedException("the seal cannot be read: a member is not an object", e);
        }
    }

    /** Returns what a record objected to, or else what the reader says, in one line. */
    private static String why(JsonProcessingException e) {
        return e.getCause() instanceof IllegalArgumentException cause
                ? String.valueOf(cause.getMessage())
                : e.getOriginalMessage().lines().findFirst().orElse("");
    }

    /** A value's key in its map, and the component that is the same. */
    private record ValueName(String component, String key) {}

    private static void eachNamed(ObjectNode payload, BiConsumer<ObjectNode, ValueName> change) {
        NAMED.forEach((member, component) -> eachOf(payload.path(member), component, change));
        for (String limits : List.of("budgets", "sequences")) {
            eachOf(payload.path("limits").path(limits), "name", change);
        }
    }

    private static void eachOf(JsonNode values, String component, BiConsumer<ObjectNode, ValueName> change) {
        values.properties()
                .forEach(value ->
                        change.accept((ObjectNode) value.getValue(), new ValueName(component, value.getKey())));
    }

    private static void move(String member, ObjectNode from, ObjectNode to) {
        JsonNode value = from.remove(member);
        if (value != null) {
            to.set(member, value);
        }
    }

    /** The types of a seal's components that are a text in its JSON, or have a form of their own. */
    static final class SealTypes extends SimpleModule {

        private static final long serialVersionUID = 1L;

        SealTypes() {
            text(Operation.class, Operation::parse);
            text(ExemptOperation.class, ExemptOperation::parse);
            text(Resource.class, Resource::parse);
            text(Obligations.Quorum.class, Obligations.Quorum::parse);
            text(Impact.class, Impact::of);
            text(SealLimits.GroupingKey.class, SealLimits.GroupingKey::of);
            text(SandboxRules.DecoyReaction.class, SandboxRules.DecoyReaction::of);
            text(SandboxRules.FileProtection.class, SandboxRules.FileProtection::of);
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
            setMixInAnnotation(SandboxRules.class, SandboxWithServices.class);
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

        /** Services are left out if there are none, as in seals from before there were any. */
        private abstract static class SandboxWithServices {
            @JsonInclude(JsonInclude.Include.NON_EMPTY)
            @JsonSetter(nulls = Nulls.AS_EMPTY)
            abstract Set<String> services();
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
            for (String word :
                    new TreeSet<>(values.stream().map(SealTypes::word).toList())) {
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
}
