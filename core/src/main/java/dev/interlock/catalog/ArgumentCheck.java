package dev.interlock.catalog;

import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.Value;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Checks arguments against the catalog's shapes. An argument that the catalog does not know could change what a field
 * does, so it is refused.
 */
final class ArgumentCheck {

    private final ProviderSchema shapes;

    ArgumentCheck(ProviderSchema shapes) {
        this.shapes = shapes;
    }

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
                throw new UnknownCallException(
                        CatalogRefusals.UNKNOWN_ARGUMENT,
                        VisibleText.shown(name),
                        where.get(),
                        UnknownCallException.meant(name, known.keySet()));
            }
            if (input.isOpen()) {
                requireNoFile(value, () -> VisibleText.shown(name) + " of " + where.get());
            } else {
                requireShape(value, input, () -> VisibleText.shown(name) + " of " + where.get());
            }
        });
    }

    private void requireShape(Value value, ProviderSchema.InputField input, Supplier<String> where) {
        switch (value) {
            case Value.Items items -> items.items().forEach(item -> requireShape(item, input, where));
            case Value.File _ -> {
                if (!input.isFile()) {
                    throw noFile(where.get());
                }
            }
            case Value.Members members
            when input.type().isPresent() ->
                requireKnown(members.members(), shapes.input(input.type().get()), where);
            case Value.Members _ -> throw misshapen(where.get());
            case Value.NullLiteral _ -> {}
            case Value.Text _ when input.orText() -> {}
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {
                if (input.type().isPresent() || input.isFile()) {
                    throw misshapen(where.get());
                }
            }
        }
    }

    /** Refuses a file within an open value. An open value is judged by its content, and a file shows none. */
    private static void requireNoFile(Value value, Supplier<String> where) {
        switch (value) {
            case Value.File _ -> throw noFile(where.get());
            case Value.Items items -> items.items().forEach(item -> requireNoFile(item, where));
            case Value.Members members -> members.members().values().forEach(member -> requireNoFile(member, where));
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {}
        }
    }

    private static UnknownCallException noFile(String where) {
        return new UnknownCallException(CatalogRefusals.NO_FILE, where);
    }

    private static UnknownCallException misshapen(String where) {
        return new UnknownCallException(CatalogRefusals.WRONG_TYPE, where);
    }
}
