package dev.interlock.reference;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.Alert;
import dev.interlock.action.Obligations;
import dev.interlock.config.Config;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Generates {@code docs/reference/configuration.md} from the records that hold the configuration, and from the comments
 * of their components.
 */
final class ConfigReference {

    private static final List<String> KEYS = List.of("key", "value", "meaning");

    private final MarkdownPage page = new MarkdownPage(
            "Configuration",
            "The keys of `gateway.yaml` and `backups.yaml`, the kinds of alerts, and the obligations of policies."
                    + " `interlock.yaml` has [a page of its own](../formats/interlock-yaml.md). An unknown key is an"
                    + " error. Relative paths are relative to the file's directory.");

    private ConfigReference() {}

    static String page() throws IOException, ReflectiveOperationException {
        ConfigReference reference = new ConfigReference();
        reference.gateway();
        reference.backups();
        reference.alerts();
        reference.obligations();
        return reference.page.toString();
    }

    private void gateway() throws IOException {
        SourceComments comments = SourceComments.of("model", Config.class.getName());
        page.heading(2, "gateway.yaml").paragraph("[Running Interlock](../operators.md) says how to use these keys.");
        section(Config.class, comments);
        new Walk().sections(Config.class).forEach((path, type) -> {
            page.heading(3, path).paragraph(comments.of(type.getSimpleName()));
            section(type, comments);
        });
    }

    private void backups() throws ClassNotFoundException {
        Class<?> written = Class.forName("dev.interlock.backup.BackupConfig$WrittenConfig");
        page.heading(2, "backups.yaml").paragraph("[Backups](../backups.md#backupsyaml) explains these keys.");
        List<List<String>> rows = new ArrayList<>(backupRows("", written));
        new Walk().sections(written).forEach((path, type) -> rows.addAll(backupRows(path + ".", type)));
        page.table(List.of("key", "value"), rows);
    }

    private static List<List<String>> backupRows(String prefix, Class<?> type) {
        return keys(type).stream()
                .map(key -> List.of("`" + prefix + key.name() + "`", key.value()))
                .toList();
    }

    private void alerts() throws IOException {
        Map<String, String> comments =
                SourceComments.of("model", Alert.class.getName()).constants();
        page.heading(2, "Kinds of alerts").paragraph("[Monitoring](../monitoring.md#alerts) says what to do.");
        page.table(
                List.of("kind", "raised when"),
                Arrays.stream(Alert.AlertKind.values())
                        .map(kind ->
                                List.of("`" + kind.word() + "`", Objects.requireNonNull(comments.get(kind.name()))))
                        .toList());
    }

    /** An obligation has the name of its component, except the quorums: `@confirm` sets them. */
    private void obligations() throws IOException {
        Map<String, String> comments =
                SourceComments.of("model", Obligations.class.getName()).parameters("Obligations");
        page.heading(2, "Obligations").paragraph("[Policy](../policy.md#obligations) has examples.");
        page.table(
                List.of("annotation", "meaning"),
                Arrays.stream(Obligations.class.getRecordComponents())
                        .map(component -> List.of(
                                "`@"
                                        + component
                                                .getName()
                                                .replace("quorums", "confirm")
                                                .replace("typeName", "type_name")
                                        + "`",
                                Objects.requireNonNull(comments.get(component.getName()))))
                        .toList());
    }

    private void section(Class<?> type, SourceComments comments) {
        Map<String, String> meanings = comments.parameters(type.getSimpleName());
        page.table(
                KEYS,
                keys(type).stream()
                        .map(key -> List.of(
                                "`" + key.name() + "`",
                                key.value(),
                                Objects.requireNonNull(meanings.get(key.component()), key.component())))
                        .toList());
    }

    /** A key of a configuration file. */
    private record Key(String name, String component, Type type, boolean required) {

        String value() {
            return words(type) + (required ? ", required" : "");
        }
    }

    private static List<Key> keys(Class<?> type) {
        Optional<Method> creator = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(JsonCreator.class))
                .filter(method -> method.getAnnotation(JsonCreator.class).mode() == JsonCreator.Mode.PROPERTIES)
                .findFirst();
        return creator.isPresent()
                ? Arrays.stream(creator.get().getParameters())
                        .map(ConfigReference::key)
                        .toList()
                : Arrays.stream(type.getRecordComponents())
                        .map(component -> key(type, component))
                        .toList();
    }

    private static Key key(Parameter parameter) {
        JsonProperty property = Objects.requireNonNull(parameter.getAnnotation(JsonProperty.class));
        return new Key(
                property.value(), camel(property.value()), parameter.getParameterizedType(), property.required());
    }

    private static Key key(Class<?> type, RecordComponent component) {
        try {
            JsonProperty property = type.getDeclaredField(component.getName()).getAnnotation(JsonProperty.class);
            return new Key(
                    kebab(component.getName()),
                    component.getName(),
                    component.getGenericType(),
                    property != null && property.required());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String words(Type type) {
        Class<?> raw = raw(type);
        List<Type> arguments = arguments(type);
        if (raw == Optional.class) {
            return words(arguments.getFirst());
        }
        if (raw == List.class) {
            return "list: " + words(arguments.getFirst());
        }
        if (raw == Map.class) {
            return "by name: " + words(arguments.getLast());
        }
        if (raw.isEnum()) {
            return Arrays.stream(raw.getEnumConstants())
                    .map(constant -> "`" + constant.toString().toLowerCase(Locale.ROOT) + "`")
                    .collect(Collectors.joining(" or "));
        }
        return switch (raw.getSimpleName()) {
            case "boolean", "Boolean" -> "`true` or `false`";
            case "int", "Integer", "long" -> "number";
            case "Path" -> "path";
            case "URI" -> "URL";
            case "String" -> "text";
            default -> "keys below";
        };
    }

    /** Finds the records inside of records, by the path of their key. */
    private static final class Walk {

        private final Map<String, Class<?>> found = new LinkedHashMap<>();

        Map<String, Class<?>> sections(Class<?> type) {
            find("", type);
            return found;
        }

        private void find(String prefix, Class<?> type) {
            for (Key key : keys(type)) {
                innermost(key.type(), "").forEach((suffix, inner) -> {
                    if (inner.isRecord()) {
                        found.put(prefix + key.name() + suffix, inner);
                        find(prefix + key.name() + suffix + ".", inner);
                    }
                });
            }
        }

        private static Map<String, Class<?>> innermost(Type type, String suffix) {
            Class<?> raw = raw(type);
            if (raw == Optional.class || raw == List.class) {
                return innermost(arguments(type).getFirst(), suffix);
            }
            return raw == Map.class ? innermost(arguments(type).getLast(), suffix + ".NAME") : Map.of(suffix, raw);
        }
    }

    private static Class<?> raw(Type type) {
        return (Class<?>) (type instanceof ParameterizedType generic ? generic.getRawType() : type);
    }

    private static List<Type> arguments(Type type) {
        return type instanceof ParameterizedType generic ? List.of(generic.getActualTypeArguments()) : List.of();
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String camel(String name) {
        String[] words = name.split("-", -1);
        return Stream.concat(
                        Stream.of(words[0]),
                        Arrays.stream(words)
                                .skip(1)
                                .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1)))
                .collect(Collectors.joining());
    }
}
