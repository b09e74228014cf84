package dev.interlock.catalog;

import dev.interlock.action.SealedBots;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A question about arguments. If a value cannot be inspected, the answer is the one that raises the impacts: rules only
 * ever add.
 *
 * @param readPaths the paths on which a further member would change the answer
 * @param isOfTexts whether it asks what machines read in texts
 */
record ArgumentCondition(
        List<ArgumentPath> paths,
        List<ArgumentPath> readPaths,
        boolean isOfTexts,
        BiPredicate<Map<String, Value>, SealedBots> test) {

    ArgumentCondition(List<ArgumentPath> paths, List<ArgumentPath> readPaths, Predicate<Map<String, Value>> test) {
        this(paths, readPaths, false, (arguments, _) -> test.test(arguments));
    }

    /** Returns a condition on texts, by what a seal says of the machines that read them. */
    static ArgumentCondition ofTexts(BiPredicate<Map<String, Value>, SealedBots> test) {
        return new ArgumentCondition(List.of(), List.of(), true, test);
    }

    private static ArgumentCondition of(ArgumentPath path, Predicate<Map<String, Value>> test) {
        return new ArgumentCondition(List.of(path), List.of(path), test);
    }

    boolean holds(Map<String, Value> arguments) {
        return holds(arguments, SealedBots.UNSAID);
    }

    boolean holds(Map<String, Value> arguments, SealedBots bots) {
        return test.test(arguments, bots);
    }

    /** Holds if there is a value that is not null. */
    static ArgumentCondition present(ArgumentPath path) {
        return of(path, arguments -> path.in(arguments).stream().anyMatch(value -> !isNull(value)));
    }

    /** Holds if the value is missing or null in at least one of the objects that could hold it. */
    static ArgumentCondition absent(ArgumentPath path) {
        return of(path, arguments -> path.ends(arguments).stream().anyMatch(end -> end.isEmpty() || isNull(end.get())));
    }

    /** Holds if there is a value, or an explicit null. */
    static ArgumentCondition given(ArgumentPath path) {
        return of(path, arguments -> !path.in(arguments).isEmpty());
    }

    /**
     * Holds if the value is missing, empty or blank in at least one of the objects that could hold it. A list of empty
     * values counts as empty.
     */
    static ArgumentCondition empty(ArgumentPath path) {
        return of(
                path,
                arguments -> path.ends(arguments).stream()
                        .anyMatch(end -> end.stream()
                                .flatMap(value -> ArgumentPath.opened(value).stream())
                                .allMatch(ArgumentCondition::isEmpty)));
    }

    private static boolean isEmpty(Value value) {
        return switch (value) {
            case Value.NullLiteral _, Value.Items _ -> true; // an opened list that still appears here has no items
            case Value.Text(String text) -> text.isBlank();
            case Value.LongText _ -> true;
            case Value.Members(var members) -> members.isEmpty();
            case Value.Flag _, Value.Numeric _, Value.Word _ -> false;
        };
    }

    /** Holds if a text there is empty, or has nothing but whitespace. */
    static ArgumentCondition blank(ArgumentPath path) {
        return of(
                path,
                arguments -> path.each(arguments).stream()
                        .anyMatch(found -> found instanceof Value.LongText
                                || (found instanceof Value.Text(String text) && text.isBlank())));
    }

    /** Holds if there is an explicit null. */
    static ArgumentCondition explicitNull(ArgumentPath path) {
        return of(path, arguments -> path.each(arguments).stream().anyMatch(ArgumentCondition::isNull));
    }

    /** Holds if there is this value. A blank text is as good as none. */
    static ArgumentCondition equal(ArgumentPath path, String value) {
        return of(
                path,
                arguments -> path.each(arguments).stream()
                        .anyMatch(found -> isScalar(found, value)
                                || found instanceof Value.LongText
                                || (value.isEmpty()
                                        && found.scalar()
                                                .filter(String::isBlank)
                                                .isPresent())));
    }

    /**
     * Holds if a value that is not null differs from {@code value}. In a body every list differs. The texts "true" and
     * "false" differ from the booleans: many servers take either for true.
     */
    static ArgumentCondition otherThan(ArgumentPath path, String value) {
        boolean isSwitch = (value.equals("true") || value.equals("false")) && !path.isOfTexts();
        return of(
                path,
                arguments -> (path.isOfTexts() ? path.each(arguments) : path.in(arguments))
                        .stream()
                                .filter(found -> !isNull(found))
                                .anyMatch(
                                        found -> !isScalar(found, value) || (isSwitch && found instanceof Value.Text)));
    }

    /** Holds if a value is one of these words, or is not a single value. */
    static ArgumentCondition among(ArgumentPath path, Predicate<String> words) {
        return of(
                path,
                arguments -> path.each(arguments).stream()
                        .anyMatch(found -> !isNull(found)
                                && found.scalar().map(words::test).orElse(true)));
    }

    /** Holds if a value is an identifier, which says nothing of what it names, and not one of a person by the seal. */
    static ArgumentCondition identified(ArgumentPath path) {
        return new ArgumentCondition(
                List.of(path),
                List.of(path),
                true,
                (arguments, bots) -> path.each(arguments).stream()
                        .filter(found -> !isNull(found))
                        .anyMatch(found -> found.scalar()
                                .map(name -> CommandScanner.isIdentifier(name)
                                        && !bots.people().contains(name.toLowerCase(Locale.ROOT)))
                                .orElse(true)));
    }

    /** Holds if a text has a script that runs when a package is installed, or may have. */
    static ArgumentCondition installs(ArgumentPath path) {
        return of(
                path,
                arguments -> path.each(arguments).stream().anyMatch(found -> switch (found) {
                    case Value.NullLiteral _ -> false;
                    case Value.LongText(String head, long _) -> InstallScripts.mayBeBehind(head);
                    default -> found.scalar().map(InstallScripts::areIn).orElse(true);
                }));
    }

    /** Holds if a value that is not null is none of these words in lower case, or is not a single value. */
    static ArgumentCondition outside(ArgumentPath path, WordList words) {
        return of(path, arguments -> path.in(arguments).stream().anyMatch(found -> isOutside(found, words)));
    }

    private static boolean isOutside(Value found, WordList words) {
        return switch (found) {
            case Value.NullLiteral _ -> false;
            case Value.Items(var items) -> // without any value it is not a single value either
                items.stream().allMatch(ArgumentCondition::isNull)
                        || items.stream().anyMatch(item -> isOutside(item, words));
            default -> !found.scalar().map(words::matchInLowerCase).orElse(false);
        };
    }

    /** Holds if an object lacks each of these members, or has null there. */
    static ArgumentCondition without(ArgumentPath path, Set<String> names) {
        return new ArgumentCondition(
                List.of(path),
                names.stream().map(path::below).toList(),
                arguments -> path.each(arguments).stream()
                        .anyMatch(value -> value instanceof Value.Members(var members)
                                && names.stream()
                                        .flatMap(name -> Stream.ofNullable(members.get(name)))
                                        .allMatch(ArgumentCondition::isNull)));
    }

    /** Holds if a member with one of these names stands at any depth, or if the value cannot be inspected. */
    static ArgumentCondition names(ArgumentPath path, Set<String> names) {
        return within(
                path,
                value -> value instanceof Value.Members(var members)
                        && members.keySet().stream().anyMatch(names::contains));
    }

    /** Holds if a null stands at any depth, or if the value cannot be inspected. */
    static ArgumentCondition nullWithin(ArgumentPath path) {
        return within(path, ArgumentCondition::isNull);
    }

    private static ArgumentCondition within(ArgumentPath path, Predicate<Value> test) {
        return of(
                path,
                arguments -> path.in(arguments).stream()
                        .anyMatch(value -> value instanceof Value.Text
                                || value instanceof Value.LongText
                                || isWithin(value, test)));
    }

    private static boolean isWithin(Value value, Predicate<Value> test) {
        return test.test(value)
                || switch (value) {
                    case Value.Members(var members) ->
                        members.values().stream().anyMatch(member -> isWithin(member, test));
                    case Value.Items(var items) -> items.stream().anyMatch(item -> isWithin(item, test));
                    case Value.NullLiteral _,
                            Value.Flag _,
                            Value.Numeric _,
                            Value.Text _,
                            Value.LongText _,
                            Value.Word _ -> false;
                };
    }

    /** Holds unless all of the value is known to be harmless. A missing value is not harmless. */
    static ArgumentCondition beyond(ArgumentPath path, List<List<String>> harmless) {
        return of(
                path,
                arguments ->
                        path.ends(arguments).stream().anyMatch(end -> end.isEmpty() || isBeyond(end.get(), harmless)));
    }

    // What is left of each harmless path that has matched so far.
    private static boolean isBeyond(Value value, List<List<String>> left) {
        return switch (value) {
            case Value.Members(var members)
            when !members.isEmpty() ->
                members.entrySet().stream()
                        .anyMatch(member -> isBeyond(member.getValue(), ArgumentPath.after(member.getKey(), left)));
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ ->
                left.stream().noneMatch(List::isEmpty);
            case Value.NullLiteral _, Value.Items _, Value.Members _ -> true;
        };
    }

    /** Holds if more than {@code most} stand on these paths together, or nobody knows how many. */
    static ArgumentCondition moreThan(List<ArgumentPath> paths, long most) {
        return new ArgumentCondition(paths, paths, arguments -> {
            OptionalLong count = ArgumentCount.of(paths, arguments);
            return count.isEmpty() || count.getAsLong() > most;
        });
    }

    static ArgumentCondition all(List<ArgumentCondition> conditions) {
        return joined(
                conditions,
                (arguments, bots) -> conditions.stream().allMatch(condition -> condition.holds(arguments, bots)));
    }

    static ArgumentCondition any(List<ArgumentCondition> conditions) {
        return joined(
                conditions,
                (arguments, bots) -> conditions.stream().anyMatch(condition -> condition.holds(arguments, bots)));
    }

    private static ArgumentCondition joined(
            List<ArgumentCondition> conditions, BiPredicate<Map<String, Value>, SealedBots> test) {
        return new ArgumentCondition(
                conditions.stream().flatMap(one -> one.paths().stream()).toList(),
                conditions.stream().flatMap(one -> one.readPaths().stream()).toList(),
                conditions.stream().anyMatch(ArgumentCondition::isOfTexts),
                test);
    }

    private static boolean isNull(Value value) {
        return value instanceof Value.NullLiteral;
    }

    private static boolean isScalar(Value value, String text) {
        return value.scalar().equals(Optional.of(text));
    }
}
