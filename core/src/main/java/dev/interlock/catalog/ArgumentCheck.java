package dev.interlock.catalog;

import dev.interlock.action.RefusalText;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.config.Suggestions;
import java.util.Collection;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Checks arguments against the catalog's shapes. An argument that the catalog does not know could change what a field
 * does, so it is refused.
 */
record ArgumentCheck(ProviderSchema shapes) {

    private static final int MAX_COMPARED = 80;

    /**
     * Refuses {@code given} unless every name in it, at any depth, is known. The refusal's message quotes
     * {@code where}.
     */
    void requireKnown(Map<String, Value> given, Map<String, ProviderSchema.InputField> known, String where) {
        requireKnown(given, known, () -> where);
    }

    // The message's text is made only for requests that are refused.
    private void requireKnown(
            Map<String, Value> given, Map<String, ProviderSchema.InputField> known, Supplier<String> where) {
        given.forEach((name, value) -> {
            ProviderSchema.InputField input = known.get(name);
            if (input == null) {
                throw new UnreadableException(
                        CatalogRefusals.UNKNOWN_ARGUMENT,
                        VisibleText.shown(name),
                        where.get(),
                        meant(name, known.keySet()));
            }
            Supplier<String> here = () -> VisibleText.shown(name) + " of " + where.get();
            if (input.isOpen()) {
                requireNoFile(value, here);
            } else {
                requireShape(value, input, here);
            }
        });
    }

    private void requireShape(Value value, ProviderSchema.InputField input, Supplier<String> where) {
        switch (value) {
            case Value.Items(var items) -> items.forEach(item -> requireShape(item, input, where));
            case Value.File _ when !input.isFile() -> throw refused(CatalogRefusals.NO_FILE, where);
            case Value.File _, Value.NullLiteral _ -> {}
            case Value.Members(var members) when input.type().isPresent() ->
                requireKnown(members, shapes.input(input.type().get()), where);
            case Value.Members _ -> throw refused(CatalogRefusals.WRONG_TYPE, where);
            case Value.Text _ when input.orText() -> {}
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {
                if (input.type().isPresent() || input.isFile()) {
                    throw refused(CatalogRefusals.WRONG_TYPE, where);
                }
            }
        }
    }

    // An open value is judged by its content, and a file shows none.
    private static void requireNoFile(Value value, Supplier<String> where) {
        switch (value) {
            case Value.File _ -> throw refused(CatalogRefusals.NO_FILE, where);
            case Value.Items(var items) -> items.forEach(item -> requireNoFile(item, where));
            case Value.Members(var members) -> members.values().forEach(member -> requireNoFile(member, where));
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {}
        }
    }

    private static UnreadableException refused(RefusalText text, Supplier<String> where) {
        return new UnreadableException(text, where.get());
    }

    /**
     * Returns a question after the name that an agent probably meant, to begin the next step with; empty if none of
     * {@code known} is like it. A long name is not compared: the agent decides how often this runs.
     */
    static String meant(String name, Collection<String> known) {
        return name.length() > MAX_COMPARED
                ? ""
                : Suggestions.misspelled(name, known)
                        .map(near -> "Is `" + near + "` meant? ")
                        .orElse("");
    }
}
