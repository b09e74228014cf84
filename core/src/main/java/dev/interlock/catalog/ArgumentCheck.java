package dev.interlock.catalog;

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
            if (input == null && UnknownMembers.areTaken(known)) {
                UnknownMembers.requireNotAlike(name, known);
                return;
            }
            if (input == null) {
                throw new UnreadableException(
                        CatalogRefusals.UNKNOWN_ARGUMENT,
                        VisibleText.shown(name),
                        where.get(),
                        meant(name, known.keySet()));
            }
            if (!input.isOpen()) {
                requireShape(value, input, () -> VisibleText.shown(name) + " of " + where.get());
            }
        });
    }

    private void requireShape(Value value, ProviderSchema.InputField input, Supplier<String> where) {
        switch (value) {
            case Value.Items(var items) -> items.forEach(item -> requireShape(item, input, where));
            case Value.NullLiteral _ -> {}
            case Value.Members(var members)
            when input.type().isPresent() ->
                requireKnown(members, shapes.input(input.type().get()), where);
            case Value.Members _ -> throw new UnreadableException(CatalogRefusals.WRONG_TYPE, where.get());
            case Value.Text _ when input.orText() -> {}
            case Value.LongText _ when input.orText() -> {}
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ -> {
                if (input.type().isPresent()) {
                    throw new UnreadableException(CatalogRefusals.WRONG_TYPE, where.get());
                }
            }
        }
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
