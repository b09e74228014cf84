package dev.interlock.setup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.catalog.mcp.ToolPin;
import java.util.List;
import java.util.stream.Stream;

/**
 * A tool, as a stranger describes it: a server of MCP, or whoever wrote the description of an API. All of it is their
 * word.
 *
 * @param text its description, and its title
 */
public record ListedTool(String name, String text, List<ToolArgument> arguments, ToolHints hints) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public ListedTool {
        arguments = List.copyOf(arguments);
    }

    /** What the server says that its tool does, in {@code annotations}: each hint, if it is given. */
    public record ToolHints(boolean reads, boolean changes, boolean destroys) {
        static final ToolHints NONE = new ToolHints(false, false, false);
    }

    static ListedTool of(ToolPin pin) {
        JsonNode said;
        try {
            said = JSON.readTree(pin.text());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // it is canonical JSON
        }
        JsonNode hints = said.path("annotations");
        JsonNode schema = said.path("inputSchema");
        return new ListedTool(
                pin.name(),
                Stream.of("description", "title")
                        .map(member -> said.path(member).asText())
                        .filter(text -> !text.isBlank())
                        .reduce((text, title) -> text + ". " + title)
                        .orElse(""),
                ToolArgument.of(schema, schema),
                new ToolHints(
                        hints.path("readOnlyHint").asBoolean(),
                        hints.has("readOnlyHint") && !hints.path("readOnlyHint").asBoolean(),
                        hints.path("destructiveHint").asBoolean()));
    }

    Stream<ToolArgument> allArguments() {
        return arguments.stream().flatMap(ToolArgument::all);
    }
}
