package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A path into the arguments of a field, as {@code input.serviceId}. It walks through lists. {@code *} stands for every
 * member, and a last {@code @names} for the names of the members.
 */
record ArgumentPath(List<String> steps) {

    private static final Pattern FORM =
            Pattern.compile("[_A-Za-z][_A-Za-z0-9-]*(\\.([_A-Za-z][_A-Za-z0-9-]*|\\*))*(\\.@names)?");

    static final String ANY = "*";
    static final String NAMES = "@names";

    ArgumentPath {
        steps = List.copyOf(steps);
    }

    static ArgumentPath parse(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("`" + text + "` is not a path such as `input.serviceId`");
        }
        return new ArgumentPath(List.of(text.split("\\.")));
    }

    ArgumentPath below(String step) {
        return new ArgumentPath(Stream.concat(steps.stream(), Stream.of(step)).toList());
    }

    /** Returns whether only texts can stand at this path, as in queries and header fields. */
    boolean isOfTexts() {
        return steps.getFirst().equals("query") || steps.getFirst().equals("header");
    }

    /**
     * Returns every value at the end of this path. An explicit {@code null} counts as a value, a missing member does
     * not.
     */
    List<Value> in(Map<String, Value> arguments) {
        List<Value> here = steps.isEmpty()
                ? List.of(new Value.Members(arguments))
                : member(arguments, steps.getFirst()).toList();
        for (int i = 1; i < steps.size() && !here.isEmpty(); i++) {
            String step = steps.get(i);
            here = here.stream().flatMap(value -> step(value, step)).toList();
        }
        return here;
    }

    /** Does the same as {@link #in}, with lists opened. */
    List<Value> each(Map<String, Value> arguments) {
        List<Value> in = in(arguments);
        return in.stream().noneMatch(Value.Items.class::isInstance)
                ? in
                : in.stream().flatMap(value -> opened(value).stream()).toList();
    }

    /**
     * Returns the end of this path in each object that it leads to. If one of two list items lacks the member, its end
     * is empty. There is at least one.
     */
    List<Optional<Value>> ends(Map<String, Value> arguments) {
        return ends(new Value.Members(arguments), steps).toList();
    }

    private static Stream<Optional<Value>> ends(Value value, List<String> left) {
        if (left.isEmpty()) {
            return Stream.of(Optional.of(value));
        }
        if (value instanceof Value.Items(var items) && !items.isEmpty()) {
            return items.stream().flatMap(item -> ends(item, left));
        }
        List<Value> next = step(value, left.getFirst()).toList();
        return next.isEmpty()
                ? Stream.of(Optional.empty())
                : next.stream().flatMap(one -> ends(one, left.subList(1, left.size())));
    }

    /** Returns {@code value}, or, if it is a list, all its items at any depth. */
    static List<Value> opened(Value value) {
        return value instanceof Value.Items(var items)
                ? items.stream().flatMap(item -> opened(item).stream()).toList()
                : List.of(value);
    }

    /** Returns what is left of those of {@code ways} that begin with {@code name}. */
    static List<List<String>> after(String name, List<List<String>> ways) {
        return ways.stream()
                .filter(way -> !way.isEmpty())
                .filter(way -> way.getFirst().equals(name) || way.getFirst().equals(ANY))
                .map(way -> way.subList(1, way.size()))
                .toList();
    }

    private static Stream<Value> step(Value value, String step) {
        return switch (value) {
            case Value.Items(var items) -> items.stream().flatMap(item -> step(item, step));
            case Value.Members(var members) -> member(members, step);
            default -> Stream.of();
        };
    }

    static Stream<Value> member(Map<String, Value> members, String step) {
        return switch (step) {
            case ANY -> members.values().stream();
            case NAMES -> members.keySet().stream().sorted().map(Value.Text::new);
            default -> Stream.ofNullable(members.get(step));
        };
    }

    boolean isWithin(Map<String, ProviderSchema.InputField> arguments, ProviderSchema shapes) {
        Map<String, ProviderSchema.InputField> here = arguments;
        for (String step : steps) {
            ProviderSchema.InputField input = here.get(step);
            if (input == null) {
                return false;
            }
            if (input.isOpen()) {
                return true;
            }
            here = input.type().map(shapes::input).orElse(Map.of());
        }
        return true;
    }

    /** Checks that this path, which {@code section} names, can exist in arguments of these shapes. */
    void requireWithin(
            CatalogSection section, Map<String, ProviderSchema.InputField> arguments, ProviderSchema shapes) {
        if (!isWithin(arguments, shapes)) {
            throw section.wrong("there is no argument `" + this + "`");
        }
    }

    @Override
    public String toString() {
        return String.join(".", steps);
    }
}
