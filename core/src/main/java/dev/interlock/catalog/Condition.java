package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A question about arguments. Where a value cannot be looked into, the answer is the one that raises: rules only ever
 * add.
 */
sealed interface Condition {

    boolean holds(Map<String, Value> arguments);

    /** The paths it is about. */
    Stream<Path> paths();

    /** The paths on which a member would change the answer. */
    default Stream<Path> looked() {
        return paths();
    }

    /** A question about what lies at one path. */
    sealed interface OfPath extends Condition {
        Path path();

        @Override
        default Stream<Path> paths() {
            return Stream.of(path());
        }
    }

    /** A question made of others. */
    sealed interface OfConditions extends Condition {
        List<Condition> conditions();

        @Override
        default Stream<Path> paths() {
            return conditions().stream().flatMap(Condition::paths);
        }

        @Override
        default Stream<Path> looked() {
            return conditions().stream().flatMap(Condition::looked);
        }
    }

    /** There is a value, and it is not null. */
    record Present(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(value -> !(value instanceof Value.Nothing));
        }
    }

    /** There is no value, or it is null, in one of the objects at least that it could stand in. */
    record Absent(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream()
                    .anyMatch(end -> end.filter(value -> !(value instanceof Value.Nothing))
                            .isEmpty());
        }
    }

    /** There is a value, or a null that is written out. */
    record Given(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return !path.in(arguments).isEmpty();
        }
    }

    /**
     * There is no value, or one that holds nothing, in one of the objects at least that it could stand in; a list of
     * such names nothing either.
     */
    record Empty(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream()
                    .anyMatch(end -> end.stream()
                            .flatMap(value -> Path.opened(value).stream())
                            .allMatch(Empty::isEmpty));
        }

        private static boolean isEmpty(Value value) {
            return switch (value) {
                case Value.Nothing _, Value.Items _ -> true; // of a list there is nothing left
                case Value.Text text -> text.value().isEmpty();
                case Value.Members members -> members.members().isEmpty();
                case Value.Flag _, Value.Numeric _, Value.Word _, Value.File _ -> false;
            };
        }
    }

    /** There is a null, written out. */
    record ExplicitNull(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream().anyMatch(Value.Nothing.class::isInstance);
        }
    }

    /** There is a value that is {@code value}. */
    record Equal(Path path, String value) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .anyMatch(found -> found.scalar().filter(value::equals).isPresent());
        }
    }

    /**
     * There is a value, not null, that is anything but {@code value}. In a body a list is, whatever is in it, and so is
     * a text that reads as a switch: many a server takes either for true.
     */
    record OtherThan(Path path, String value) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            List<Value> all = path.isOfTexts() ? path.each(arguments) : path.in(arguments);
            return all.stream()
                    .filter(found -> !(found instanceof Value.Nothing))
                    .anyMatch(found -> found.scalar().filter(value::equals).isEmpty() || isSwitchInWords(found));
        }

        private boolean isSwitchInWords(Value found) {
            return found instanceof Value.Text && (value.equals("true") || value.equals("false")) && !path.isOfTexts();
        }
    }

    /** There is a value that is one of these words, or one that is no single value. */
    record Among(Path path, Words words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .filter(found -> !(found instanceof Value.Nothing))
                    .anyMatch(found -> found.scalar().map(words::match).orElse(true));
        }
    }

    /**
     * There is a path that is one of these words, or in a directory of which it is one, or one that is no single value.
     */
    record AmongEnd(Path path, Words words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.each(arguments).stream()
                    .filter(found -> !(found instanceof Value.Nothing))
                    .anyMatch(found -> found.scalar().map(words::matchAnEnd).orElse(true));
        }
    }

    /** There is a value, not null, that is none of these words in lower case, or one that is no single value. */
    record Outside(Path path, Words words) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(this::isOutside);
        }

        /** A list that names nothing is no single value either. */
        private boolean isOutside(Value found) {
            return switch (found) {
                case Value.Nothing _ -> false;
                case Value.Items(var items) ->
                    items.stream().allMatch(Value.Nothing.class::isInstance)
                            || items.stream().anyMatch(this::isOutside);
                default -> !found.scalar().map(words::matchInLowerCase).orElse(false);
            };
        }
    }

    /** There is an object that has no member of these names, or null there, or a value that cannot be looked into. */
    record Without(Path path, Set<String> names) implements OfPath {
        @Override
        public Stream<Path> looked() {
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
                                    .filter(member -> !(member instanceof Value.Nothing))
                                    .isEmpty());
                case Value.File _ -> true;
                case Value.Items _, Value.Nothing _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> false;
            };
        }
    }

    /** A member with one of these names stands at any depth, or the value cannot be looked into. */
    record Names(Path path, Set<String> names) implements OfPath {
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
                case Value.Nothing _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> false;
            };
        }
    }

    /** A null stands at any depth, or the value cannot be looked into. */
    record NullWithin(Path path) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.in(arguments).stream().anyMatch(value -> value instanceof Value.Text || isIn(value));
        }

        private boolean isIn(Value value) {
            return switch (value) {
                case Value.Nothing _, Value.File _ -> true;
                case Value.Members members ->
                    members.members().values().stream().anyMatch(this::isIn);
                case Value.Items items -> items.items().stream().anyMatch(this::isIn);
                case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> false;
            };
        }
    }

    /** Not all of the value is known to be harmless; a missing value is not. */
    record Beyond(Path path, List<List<String>> harmless) implements OfPath {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return path.ends(arguments).stream().anyMatch(end -> end.isEmpty() || isBeyond(end.get(), harmless));
        }

        /** {@code left} is what is still to be matched of each harmless way that fits so far. */
        private static boolean isBeyond(Value value, List<List<String>> left) {
            return switch (value) {
                case Value.Members members
                when !members.members().isEmpty() ->
                    members.members().entrySet().stream()
                            .anyMatch(member -> isBeyond(member.getValue(), after(member.getKey(), left)));
                case Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ ->
                    left.stream().noneMatch(List::isEmpty);
                case Value.Nothing _, Value.Items _, Value.Members _, Value.File _ -> true;
            };
        }

        private static List<List<String>> after(String name, List<List<String>> left) {
            return left.stream()
                    .filter(way -> !way.isEmpty())
                    .filter(way -> way.getFirst().equals(name) || way.getFirst().equals(Path.ANY))
                    .map(way -> way.subList(1, way.size()))
                    .toList();
        }
    }

    /** All of these hold. */
    record All(List<Condition> conditions) implements OfConditions {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return conditions.stream().allMatch(condition -> condition.holds(arguments));
        }
    }

    /** One of these holds. */
    record Any(List<Condition> conditions) implements OfConditions {
        @Override
        public boolean holds(Map<String, Value> arguments) {
            return conditions.stream().anyMatch(condition -> condition.holds(arguments));
        }
    }
}
