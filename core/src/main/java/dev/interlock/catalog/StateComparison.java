package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The way in which a replacement is compared with the provider's present state.
 *
 * @param sent the path to the values that identify the request's entries
 * @param at the path to the same values in the answer, which is called {@value #ANSWER}
 * @param query extra query parameters of the question
 * @param fewerThan with this many entries or more, the answer may be incomplete
 * @param kept the impacts of the operation if it leaves out no present entry
 */
record StateComparison(
        ArgumentPath sent, ArgumentPath at, Map<String, String> query, OptionalInt fewerThan, Set<Impact> kept)
        implements StateQuestion {

    @Override
    public Set<ArgumentPath> readPaths() {
        return Set.of(sent);
    }

    static final String ANSWER = "answer";

    /**
     * Returns the entries at {@code path} in their order, each as canonical JSON. A set of such texts is fast even if
     * an agent chose values with equal hashes; a set of values is not. Empty if the path does not lead through all of
     * {@code arguments} to single values. Unlike in conditions, a missing member does not count as nothing: the result
     * is unknown.
     */
    static Optional<Set<String>> entries(ArgumentPath path, Map<String, Value> arguments) {
        List<Value> here = List.of(new Value.Members(arguments));
        int left = path.steps().size();
        for (String step : path.steps()) {
            Optional<List<Value>> next = onwards(here, step, --left);
            if (next.isEmpty()) {
                return Optional.empty();
            }
            here = next.get();
        }
        return leaves(here);
    }

    private static Optional<List<Value>> onwards(List<Value> here, String step, int left) {
        List<Value> all = new ArrayList<>();
        for (Value value : here) {
            // An empty list of entries is a valid list. An empty list where an object should hold the list has no clear
            // meaning.
            boolean strange = left > 0
                    && value instanceof Value.Items items
                    && items.items().isEmpty();
            Optional<List<Value>> led = strange ? Optional.empty() : step(value, step);
            if (led.isEmpty()) {
                return Optional.empty();
            }
            all.addAll(led.get());
        }
        return Optional.of(all);
    }

    private static Optional<List<Value>> step(Value value, String step) {
        return switch (value) {
            case Value.Items items -> {
                List<Value> all = new ArrayList<>();
                for (Value item : items.items()) {
                    Optional<List<Value>> led = item instanceof Value.Items ? Optional.empty() : step(item, step);
                    if (led.isEmpty()) {
                        yield Optional.empty();
                    }
                    all.addAll(led.get());
                }
                yield Optional.of(all);
            }
            case Value.Members members -> member(members.members(), step);
            case Value.NullLiteral _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.File _ ->
                Optional.empty();
        };
    }

    private static Optional<List<Value>> member(Map<String, Value> members, String step) {
        return switch (step) {
            case ArgumentPath.ANY -> Optional.of(List.copyOf(members.values()));
            case ArgumentPath.NAMES ->
                Optional.of(
                        members.keySet().stream().<Value>map(Value.Text::new).toList());
            default -> Optional.ofNullable(members.get(step)).map(List::of);
        };
    }

    private static Optional<Set<String>> leaves(List<Value> ends) {
        Set<String> leaves = new LinkedHashSet<>();
        for (Value end : ends) {
            Stream<Value> opened = end instanceof Value.Items items ? items.items().stream() : Stream.of(end);
            for (Value leaf : opened.toList()) {
                if (!(leaf instanceof Value.Text || leaf instanceof Value.Numeric)) {
                    return Optional.empty();
                }
                leaves.add(leaf.json());
            }
        }
        return Optional.of(leaves);
    }
}
