package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A program that a server starts, with the arguments of its tools as words. A word that begins with a dash is an
 * option, which may do anything: {@code --output} overwrites a file of a tool that only reads.
 *
 * @param texts the arguments that never stand alone, as a message after {@code -m}
 */
record CommandLine(Set<String> texts) {

    /** What a catalog says of a server that starts no program. */
    static final String NONE = "none";

    CommandLine {
        texts = Set.copyOf(texts);
    }

    /**
     * Reads what {@code section} says of a server whose tools take {@code arguments}; empty if it starts no program.
     */
    static Optional<CommandLine> read(CatalogSection section, Set<String> arguments) {
        return section.node().isTextual() && section.text().equals(NONE)
                ? Optional.empty()
                : Optional.of(new CommandLine(section.once(item -> {
                    if (!arguments.contains(item.text())) {
                        throw item.wrong("is not an argument of any tool");
                    }
                    return item.text();
                })));
    }

    /** Refuses {@code arguments} of which one could be read as an option. */
    void requireWords(Map<String, Value> arguments) {
        arguments.forEach((name, value) -> {
            if (!texts.contains(name) && hasOption(value)) {
                throw new UnreadableException(CatalogRefusals.OPTION, name);
            }
        });
    }

    private static boolean hasOption(Value value) {
        return switch (value) {
            case Value.Items(List<Value> items) -> items.stream().anyMatch(CommandLine::hasOption);
            case Value.Members(Map<String, Value> members) ->
                members.keySet().stream().anyMatch(CommandLine::isOption)
                        || members.values().stream().anyMatch(CommandLine::hasOption);
            case Value.Text(String text) -> isOption(text);
            case Value.LongText _ -> true;
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Word _ -> false;
        };
    }

    /** Spaces count for nothing: a server may take them off. */
    private static boolean isOption(String word) {
        return word.stripLeading().startsWith("-");
    }
}
