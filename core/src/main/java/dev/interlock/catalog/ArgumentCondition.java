package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A question about arguments. If a value cannot be inspected, the answer is the one that raises the impacts: rules only
 * ever add.
 */
sealed interface ArgumentCondition {

    boolean holds(Map<String, Value> arguments);

    /** Returns the paths that the condition is about. */
    Stream<ArgumentPath> paths();

    /** Returns the paths on which a further member would change the answer. */
    default Stream<ArgumentPath> readPaths() {
        return paths();
    }

    /** A condition about the value at one path. */
    sealed interface OfPath extends ArgumentCondition {
        ArgumentPath path();

        @Override
        default Stream<ArgumentPath> paths() {
            return Stream.of(path());
        }
    }

    /** A condition made of other conditions. */
    sealed interface OfConditions extends ArgumentCondition {
        List<ArgumentCondition> conditions();

        @Override
        default Stream<ArgumentPath> paths() {
            return conditions().stream().flatMap(ArgumentCondition::paths);
        }

        @Override
        default Stream<ArgumentPath> readPaths() {
            return conditions().stream().flatMap(ArgumentCondition::readPaths);
        }
    }

    /** Holds if there is a value that is not null. */
    record Present(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(value -> !(value instanceof Value.NullLiteral));
        }
    }

    /** Holds if the value is missing or null in at least one of the objects that could hold it. */
    record Absent(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream()
                    .anyMatch(end -> end.filter(value -> !(value instanceof Value.NullLiteral))
                            .isEmpty());
        }
    }

    /** Holds if there is a value, or an explicit null. */
    record Supplied(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return !path.in(arguments).isEmpty();
        }
    }

    /**
     * Holds if the value is missing or empty in at least one of the objects that could hold it. A list of empty values
     * counts as empty.
     */
    record Empty(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream()
                    .anyMatch(end -> end.stream()
                            .flatMap(value -> ArgumentPath.opened(value).stream())
                            .allMatch(Empty::isEmpty));
        }

        private static boolean isEmpty(Value value) {
            return switch (value) {
                case Value.NullLiteral _, Value.Items _ -> true; // an opened list that still appears here has no items
                case Value.Text text -> text.value().isEmpty();
                case Value.Members members -> members.members().isEmpty();
                case Value.Flag _, Value.Numeric _, Value.Word _, Value.File _ -> false;
            };
        }
    }

    /** Holds if there is an explicit null. */
    record ExplicitNull(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream().anyMatch(Value.NullLiteral.class::isInstance);
        }
    }

    /** Holds if a value equals {@code value}. */
    record Equal(ArgumentPath path, String value) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .anyMatch(found -> found.scalar().filter(value::equals).isPresent());
        }
    }

    /**
     * Holds if a value that is not null differs from {@code value}. In a body every list differs. The texts "true" and
     * "false" differ from the booleans: many servers take either for true.
     */
    record NotEqual(ArgumentPath path, String value) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            List<Value> all = path.isOfTexts() ? path.each(arguments) : path.in(arguments);
            return all.stream()
                    .filter(found -> !(found instanceof Value.NullLiteral))
                    .anyMatch(found -> found.scalar().filter(value::equals).isEmpty() || isSwitchInWords(found));
        }

        private boolean isSwitchInWords(Value found) {
            return found instanceof Value.Text && (value.equals("true") || value.equals("false")) && !path.isOfTexts();
        }
    }

    /** Holds if a value is one of these words, or is not a single value. */
    record OneOf(ArgumentPath path, WordList words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .filter(found -> !(found instanceof Value.NullLiteral))
                    .anyMatch(found -> found.scalar().map(words::match).orElse(true));
        }
    }

    /**
     * Holds if a value is a path that one of these words matches, in whole or from some slash on, or is not a single
     * value.
     */
    record AmongEnd(ArgumentPath path, WordList words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .filter(found -> !(found instanceof Value.NullLiteral))
                    .anyMatch(
                            found -> found.scalar().map(words::matchesAnySuffix).orElse(true));
        }
    }

    /** Holds if a value that is not null is none of these words in lower case, or is not a single value. */
    record NotAmong(ArgumentPath path, WordList words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(this::isOutside);
        }

        /** A list without any value is not a single value either. */
        private boolean isOutside(Value found) {
            return switch (found) {
                case Value.NullLiteral _ -> false;
                case Value.Items(var items) ->
                    items.stream().allMatch(Value.NullLiteral.class::isInstance)
                            || items.stream().anyMatch(this::isOutside);
                default -> !found.scalar().map(words::matchInLowerCase).orElse(false);
            };
        }
    }

    /** Holds if an object lacks each of these members, or has null there, or if a value cannot be inspected. */
    record LacksMembers(ArgumentPath path, Set<String> names) implements OfPath {
        @Override
        public Stream<ArgumentPath> readPaths() {
            return names.stream().map(path::below);
        }

        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream().anyMatch(this::lacks);
        }

        private boolean lacks(Value value) {
            return switch (value) {
                case Value.Members members ->
                    names.stream()
                            .allMatch(name -> Optional.ofNullable(
                                            members.members().get(name))
                                    .filter(member -> !(member instanceof Value.NullLiteral))
                                    .isEmpty());
                case Value.File _ -> true;
                case Value.Items _, Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ ->
                    false;
            };
        }
    }

    /** Holds if a member with one of these names stands at any depth, or if the value cannot be inspected. */
    record Names(ArgumentPath path, Set<String> names) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(value -> value instanceof Value.Text || isIn(value));
        }

        private boolean isIn(Value value) {
            return switch (value) {
                case Value.Members members ->
                    members.members().keySet().stream().anyMatch(names::contains)
                            || members.members().values().stream().anyMatch(this::isIn);
                case Value.Items items -> items.items().stream().anyMatch(this::isIn);
                case Value.File _ -> true;
                case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> false;
            };
        }
    }

    /** Holds if a null stands at any depth, or if the value cannot be inspected. */
    record NullWithin(ArgumentPath path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(value -> value instanceof Value.Text || isIn(value));
        }

        private boolean isIn(Value value) {
            return switch (value) {
                case Value.NullLiteral _, Value.File _ -> true;
                case Value.Members members ->
                    members.members().values().stream().anyMatch(this::isIn);
                case Value.Items items -> items.items().stream().anyMatch(this::isIn);
                case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> false;
            };
        }
    }

    /** Holds unless all of the value is known to be harmless. A missing value is not harmless. */
    record BeyondHarmless(ArgumentPath path, List<List<String>> harmless) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream().anyMatch(end -> end.isEmpty() || isBeyond(end.get(), harmless));
        }

        /** {@code left} holds the rest of each harmless path that has matched so far. */
        private static boolean isBeyond(Value value, List<List<String>> left) {
            return switch (value) {
                case Value.Members members
                when !members.members().isEmpty() ->
                    members.members().entrySet().stream()
                            .anyMatch(member -> isBeyond(member.getValue(), after(member.getKey(), left)));
                case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ ->
                    left.stream().noneMatch(List::isEmpty);
                case Value.NullLiteral _, Value.Items _, Value.Members _, Value.File _ -> true;
            };
        }

        private static List<List<String>> after(String name, List<List<String>> left) {
            return left.stream()
                    .filter(way -> !way.isEmpty())
                    .filter(way -> way.getFirst().equals(name) || way.getFirst().equals(ArgumentPath.ANY))
                    .map(way -> way.subList(1, way.size()))
                    .toList();
        }
    }

    /** Holds if all of these conditions hold. */
    record AllOf(List<ArgumentCondition> conditions) implements OfConditions {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return conditions.stream().allMatch(condition -> condition.holds(arguments));
        }
    }

    /** Holds if one of these conditions holds. */
    record AnyOf(List<ArgumentCondition> conditions) implements OfConditions {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return conditions.stream().anyMatch(condition -> condition.holds(arguments));
        }
    }
}
