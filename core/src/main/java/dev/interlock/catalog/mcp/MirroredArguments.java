package dev.interlock.catalog.mcp;

import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which arguments of a tool the headers {@code Mcp-Param-…} repeat, as of 2026-07-28. */
public sealed interface MirroredArguments {

    /** Returns those that {@code pin} declares. Without a pin a header repeats the argument that has its name. */
    public static MirroredArguments of(Optional<ToolPin> pin) {
        return pin.<MirroredArguments>map(known -> {
                    Map<String, List<String>> paths = new LinkedHashMap<>();
                    collect(known.members().get("inputSchema"), List.of(), paths);
                    return new DeclaredArguments(paths);
                })
                .orElseGet(NamedArguments::new);
    }

    /** Returns the value among {@code arguments} that the header with this name, in lower case, repeats. */
    Optional<Value> find(String header, Map<String, Value> arguments);

    /**
     * Those of a pin.
     *
     * @param paths the names on the way to each, by the header's name in lower case
     */
    record DeclaredArguments(Map<String, List<String>> paths) implements MirroredArguments {

        @Override
        public Optional<Value> find(String header, Map<String, Value> arguments) {
            Value found = paths.containsKey(header) ? new Value.Members(arguments) : null;
            for (String name : paths.getOrDefault(header, List.of())) {
                found = found instanceof Value.Members(var members) ? members.get(name) : null;
            }
            return Optional.ofNullable(found);
        }
    }

    /** Those with the names of headers, in any case. */
    record NamedArguments() implements MirroredArguments {

        @Override
        public Optional<Value> find(String header, Map<String, Value> arguments) {
            List<Value> found = arguments.entrySet().stream()
                    .filter(argument ->
                            argument.getKey().toLowerCase(Locale.ROOT).equals(header))
                    .map(Map.Entry::getValue)
                    .toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        }
    }

    private static void collect(@Nullable Value schema, List<String> path, Map<String, List<String>> paths) {
        if (!(schema instanceof Value.Members(var keywords))
                || !(keywords.get("properties") instanceof Value.Members(var properties))) {
            return;
        }
        properties.forEach((name, property) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            if (property instanceof Value.Members(var own)
                    && own.get("x-mcp-header") instanceof Value.Text(String header)) {
                paths.put(header.toLowerCase(Locale.ROOT), List.copyOf(longer));
            }
            collect(property, longer, paths);
        });
    }
}
