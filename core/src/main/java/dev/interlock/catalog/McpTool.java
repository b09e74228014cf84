package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.Map;
import java.util.Optional;

/**
 * A tool of an MCP server. Some do several things, and an argument says which.
 *
 * @param chooser the argument that says which operation a call is, if there are several
 * @param operations the operations, by their names; one with the name of the tool, if there is no chooser
 */
record McpTool(String name, Optional<String> chooser, Map<String, CatalogEntry> operations) {

    static String operation(String tool, String choice) {
        return tool + "/" + choice;
    }

    String operation(Map<String, Value> arguments) {
        if (chooser.isEmpty()) {
            return name;
        }
        String by = chooser.get();
        String chosen = arguments.get(by) instanceof Value.Text(String text) ? operation(name, text) : "";
        if (!operations.containsKey(chosen)) {
            throw UnreadableException.unlisted(
                    "The catalog does not list what the tool `" + name + "` does by this `" + by + "`.",
                    "Call it with a `" + by + "` that the catalog lists, in its exact spelling.");
        }
        return chosen;
    }
}
