package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.Map;
import java.util.function.Supplier;

/** Lays arguments against what the catalog knows. An argument that nobody knows could change what a field does. */
final class Arguments {

    private final Shapes shapes;

    Arguments(Shapes shapes) {
        this.shapes = shapes;
    }

    /** Refuses {@code given} unless every name in it, at any depth, is known. {@code where} is for the sentence. */
    void requireKnown(Map<String, Value> given, Map<String, Shapes.Input> known, String where) {
        requireKnown(given, known, () -> where);
    }

    // Sentences are only made for requests that are refused.
    private void requireKnown(Map<String, Value> given, Map<String, Shapes.Input> known, Supplier<String> where) {
        given.forEach((name, value) -> {
            Shapes.Input input = known.get(name);
            if (input == null) {
                throw new NotKnownException(
                        "The catalog does not know the argument " + NotKnownException.shown(name) + " of " + where.get()
                                + ".",
                        "Leave it out, or ask for a catalog that knows it.");
            }
            if (!input.isOpen()) {
                requireShape(value, input, () -> NotKnownException.shown(name) + " of " + where.get());
            }
        });
    }

    private void requireShape(Value value, Shapes.Input input, Supplier<String> where) {
        switch (value) {
            case Value.Items items -> items.items().forEach(item -> requireShape(item, input, where));
            case Value.Members members
            when input.type().isPresent() ->
                requireKnown(members.members(), shapes.input(input.type().get()), where);
            case Value.Members _ -> throw misshapen(where.get());
            case Value.Nothing _ -> {}
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> {
                if (input.type().isPresent()) {
                    throw misshapen(where.get());
                }
            }
        }
    }

    private static NotKnownException misshapen(String where) {
        return new NotKnownException(
                "The argument " + where + " does not have the shape that the provider asks for.",
                "Send it as the provider's schema has it.");
    }
}
