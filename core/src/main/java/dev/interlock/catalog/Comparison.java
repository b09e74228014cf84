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
 * How what a request replaces is compared with what stands.
 *
 * @param sent the path to what tells the entries of the request apart
 * @param at the path to the same in the answer, which is called {@value #ANSWER}
 * @param query what the question asks for besides
 * @param fewerThan with this many entries or more, the answer may not have shown all
 * @param kept what the operation does if it leaves out nothing that stands
 */
record Comparison(Path sent, Path at, Map<String, String> query, OptionalInt fewerThan, Set<Impact> kept) {

    static final String ANSWER = "answer";

    /**
     * The entries at {@code path}, each as canonical JSON, in their order: in a set of those, unlike one of values,
     * texts that an agent has chosen to have one hash are found as fast as any. Empty if it does not lead through the
     * whole of {@code arguments} to single values. Unlike the paths of conditions, a member that is missing anywhere is
     * not nothing: it is not known.
     */
    static Optional<Set<String>> entries(Path path, Map<String, Value> arguments) {
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
            // An empty list of entries is one; an empty list where an object should hold the list is who knows what.
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
            case Value.Nothing _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.File _ ->
                Optional.empty();
        };
    }

    private static Optional<List<Value>> member(Map<String, Value> members, String step) {
        return switch (step) {
            case Path.ANY -> Optional.of(List.copyOf(members.values()));
            case Path.NAMES ->
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
