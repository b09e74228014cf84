package dev.interlock.catalog;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The form of a request for one operation, in one line: {@code PUT /disks/{disk} ?force {name config:*}}.
 *
 * @param method upper case
 * @param alternatives other paths at which the provider has the same operation, with the same parameters
 * @param lists those of {@code query} that may occur several times
 */
record RequestLine(
        String method,
        PathTemplate template,
        List<PathTemplate> alternatives,
        Map<String, ProviderSchema.InputField> query,
        Set<String> lists,
        Body body) {

    private static final Pattern LINE = Pattern.compile(
            "(GET|POST|PUT|PATCH|DELETE) (/\\S*(?: \\| /\\S*)*)(?: \\?\\s*([^{<]*?))?(?: (?:\\{(.*)}|<([^<>]*)>))?");

    private static final Pattern LIST = Pattern.compile("(?<=^|\\s)(\\w+)\\+(?=\\s|$)");
    private static final Pattern MEDIA_TYPE = Pattern.compile("[a-z]+/[a-z0-9.+-]+|\\*/\\*");

    /** The kind of body that a request may carry. */
    sealed interface Body {}

    record None() implements Body {}

    record Members(Map<String, ProviderSchema.InputField> members) implements Body {}

    /** Any JSON. */
    record Anything() implements Body {}

    /** Bytes that the gateway does not parse, of one of these media types, or of {@link #ANY_TYPE any}. */
    record Opaque(Set<String> types) implements Body {}

    static final String ANY_TYPE = "*/*";

    static RequestLine parse(String text) {
        Matcher matcher = LINE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "`" + text + "` is not a request such as `PUT /disks/{disk} ?force {name config:*}`");
        }
        String query = Optional.ofNullable(matcher.group(3)).orElse("");
        List<PathTemplate> templates = Stream.of(matcher.group(2).split(" \\| "))
                .map(PathTemplate::parse)
                .toList();
        RequestLine line = new RequestLine(
                matcher.group(1),
                templates.getFirst(),
                templates.subList(1, templates.size()),
                names(LIST.matcher(query).replaceAll("$1")),
                LIST.matcher(query).results().map(list -> list.group(1)).collect(Collectors.toUnmodifiableSet()),
                body(matcher.group(4), matcher.group(5)));
        if (line.method.equals("GET") && !(line.body instanceof None)) {
            throw new IllegalArgumentException(
                    "a GET must not have a body, because servers differ in how they treat it");
        }
        if (line.query.values().stream()
                .anyMatch(input -> input.isOpen() || input.type().isPresent())) {
            throw new IllegalArgumentException("a query parameter is a single text; it has no type");
        }
        if (line.alternatives.stream().anyMatch(other -> !other.names().equals(line.template.names()))) {
            throw new IllegalArgumentException("the paths of one request have the same parameters");
        }
        return line;
    }

    RequestLine at(PathTemplate path) {
        return new RequestLine(method, path, List.of(), query, lists, body);
    }

    private static Map<String, ProviderSchema.InputField> names(String text) {
        return text.isBlank() ? Map.of() : TypeParser.inputs(text);
    }

    private static Body body(@Nullable String members, @Nullable String types) {
        if (types != null) {
            return new Opaque(types(types));
        }
        if (members == null) {
            return new None();
        }
        return members.strip().equals("*") ? new Anything() : new Members(names(members));
    }

    private static Set<String> types(String text) {
        List<String> types = List.of(text.strip().split("\\s+"));
        types.stream().filter(type -> !MEDIA_TYPE.matcher(type).matches()).forEach(type -> {
            throw new IllegalArgumentException("`" + type + "` is not a media type");
        });
        return Set.copyOf(types);
    }

    private static final String QUERY = "?query";
    private static final String HEADER = "?header";
    private static final String BODY = "?body";
    /** The argument that is the body. */
    static final String WHOLE = "body";

    /** Returns whether {@code arguments} are those of a request line: path parameters, and its other parts. */
    static boolean isWithParts(Map<String, ProviderSchema.InputField> arguments) {
        return ProviderSchema.InputField.of(HEADER).equals(arguments.get("header"));
    }

    /**
     * Returns the shape of the arguments that conditions and facts may use: path parameters by name, {@code query},
     * {@code header}, {@code body}.
     */
    ProviderSchema.OutputField arguments() {
        Map<String, ProviderSchema.InputField> arguments = new LinkedHashMap<>();
        template.names().forEach(name -> arguments.put(name, ProviderSchema.InputField.TEXT));
        arguments.put("query", ProviderSchema.InputField.of(QUERY));
        arguments.put("header", ProviderSchema.InputField.of(HEADER));
        switch (body) {
            case None _, Opaque _ -> {}
            case Members _ -> arguments.put("body", ProviderSchema.InputField.of(BODY));
            case Anything _ -> arguments.put("body", ProviderSchema.InputField.OPEN);
        }
        return new ProviderSchema.OutputField(arguments, Optional.empty(), false);
    }

    /**
     * Returns the types of {@link #arguments}, beside those of the file. {@code headers} are the header fields that go
     * upstream.
     */
    ProviderSchema shapes(ProviderSchema file, Map<String, ProviderSchema.InputField> headers) {
        Map<String, Map<String, ProviderSchema.InputField>> inputs = new HashMap<>(file.inputs());
        inputs.put(QUERY, query);
        inputs.put(HEADER, headers);
        if (body instanceof Members(var members)) {
            inputs.put(BODY, members);
        }
        return ProviderSchema.ofInputs(inputs);
    }

    @Override
    public String toString() {
        return method + " " + template;
    }
}
