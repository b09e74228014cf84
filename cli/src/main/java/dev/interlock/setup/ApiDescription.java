package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The description of an API in OpenAPI 3: its operations, where it is served, and how it takes a token. */
public final class ApiDescription {

    private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

    private final JsonNode root;

    private ApiDescription(JsonNode root) {
        this.root = root;
    }

    /**
     * Reads the file, JSON or YAML.
     *
     * @throws IllegalArgumentException if it describes no API in OpenAPI 3
     */
    public static ApiDescription read(Path file) throws IOException {
        String text = Files.readString(file);
        JsonNode root = (text.stripLeading().startsWith("{") ? new ObjectMapper() : new YAMLMapper()).readTree(text);
        if (!root.path("openapi").asText().startsWith("3.")) {
            throw new IllegalArgumentException("`" + file + "` is no description of an API in OpenAPI 3");
        }
        return new ApiDescription(root);
    }

    /** Returns where the API is served, if it says so without variables. */
    public Optional<String> address() {
        return root.path("servers")
                .valueStream()
                .map(server -> server.path("url").asText())
                .filter(url -> url.matches("https://[^{}?#]+"))
                .map(url -> url.replaceFirst("/+$", ""))
                .findFirst();
    }

    /** Returns the address of it at {@code server}: below the path that it says, unless {@code server} has one. */
    public String addressAt(URI server) {
        String given = server.toString().replaceFirst("/+$", "");
        if (!String.valueOf(server.getRawPath()).matches("/*")) {
            return given;
        }
        return given
                + root.path("servers")
                        .valueStream()
                        .map(one -> one.path("url").asText())
                        .filter(url -> url.matches("/[^{}?#]+"))
                        .map(url -> url.replaceFirst("/+$", ""))
                        .findFirst()
                        .orElse("");
    }

    /** Returns the header in which it takes a token; empty if it takes none there. */
    public Optional<String> tokenHeader() {
        List<JsonNode> schemes = root.path("components")
                .path("securitySchemes")
                .valueStream()
                .map(scheme -> ToolArgument.target(scheme, root))
                .toList();
        boolean bears =
                schemes.stream().anyMatch(scheme -> scheme.path("type").asText().matches("oauth2|openIdConnect|http"));
        return bears
                ? Optional.of("authorization")
                : schemes.stream()
                        .filter(scheme -> scheme.path("type").asText().equals("apiKey")
                                && scheme.path("in").asText().equals("header"))
                        .map(scheme -> scheme.path("name").asText().toLowerCase(Locale.ROOT))
                        .filter(name -> name.matches("[a-z0-9-]+"))
                        .findFirst();
    }

    /** Returns the query parameters and cookies in which it takes a credential, {@code in} that. */
    List<String> carriers(String in) {
        return root.path("components")
                .path("securitySchemes")
                .valueStream()
                .map(scheme -> ToolArgument.target(scheme, root))
                .filter(scheme -> scheme.path("in").asText().equals(in))
                .map(scheme -> scheme.path("name").asText())
                .filter(name -> name.matches("[A-Za-z0-9_.-]+"))
                .distinct()
                .toList();
    }

    /**
     * An operation.
     *
     * @param method in upper case
     * @param query the parameters of the query
     * @param body the members of its body of JSON
     * @param bodies the kinds of bodies that it takes
     */
    record ApiOperation(
            String method,
            String path,
            Optional<String> id,
            String text,
            List<ToolArgument> query,
            List<ToolArgument> body,
            Set<String> bodies) {
        ApiOperation {
            query = List.copyOf(query);
            body = List.copyOf(body);
        }
    }

    List<ApiOperation> operations() {
        List<ApiOperation> operations = new ArrayList<>();
        root.path("paths").properties().forEach(one -> {
            JsonNode path = ToolArgument.target(one.getValue(), root);
            METHODS.stream()
                    .filter(path::has)
                    .forEach(method -> operations.add(operation(method, one.getKey(), path, path.path(method))));
        });
        return operations;
    }

    private ApiOperation operation(String method, String path, JsonNode shared, JsonNode own) {
        Map<String, ToolArgument> query = new LinkedHashMap<>();
        Stream.concat(
                        shared.path("parameters").valueStream(),
                        own.path("parameters").valueStream())
                .map(parameter -> ToolArgument.target(parameter, root))
                .filter(parameter -> parameter.path("in").asText().equals("query"))
                .forEach(parameter -> {
                    String name = parameter.path("name").asText();
                    query.put(
                            name,
                            ToolArgument.of(
                                    name,
                                    parameter.path("schema"),
                                    root,
                                    parameter.path("required").asBoolean()));
                });
        JsonNode content = ToolArgument.target(own.path("requestBody"), root).path("content");
        Set<String> bodies = new LinkedHashSet<>();
        content.fieldNames().forEachRemaining(type -> bodies.add(type.split(";", -1)[0].strip()));
        JsonNode schema = ToolArgument.target(content.path("application/json").path("schema"), root);
        return new ApiOperation(
                method.toUpperCase(Locale.ROOT),
                path,
                Optional.of(own.path("operationId").asText()).filter(id -> !id.isBlank()),
                Stream.of("summary", "description")
                        .map(member -> own.path(member).asText())
                        .filter(text -> !text.isBlank())
                        .reduce((summary, text) -> summary + ". " + text)
                        .orElse(""),
                List.copyOf(query.values()),
                ToolArgument.of(schema, root),
                bodies);
    }
}
