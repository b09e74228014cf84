package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The places of catalogued secrets in a JSON answer to one call.
 *
 * @param paths the names on the way from the answer's root, lists walked through; {@code *} stands for every member
 */
public record ResponseRedaction(Set<List<String>> paths) {

    /** The prefix of what stands in place of a secret; no secret begins with it. */
    public static final String REFERENCE = "interlock:secret/";

    /** The same for every value: what told values apart would tell an agent whether its guess is one of them. */
    private static final String HIDDEN = REFERENCE + "hidden";

    /**
     * Orders paths for sorted sets. A hash table of lists is slow if an agent chooses names that collide, because lists
     * have no order.
     */
    static final Comparator<List<String>> ORDER =
            (one, other) -> Arrays.compare(one.toArray(String[]::new), other.toArray(String[]::new));

    public ResponseRedaction {
        Set<List<String>> all = new TreeSet<>(ORDER);
        all.addAll(paths);
        paths = Collections.unmodifiableSet(all);
    }

    /**
     * Returns {@code answer} with each single value at and below the paths replaced by a reference. Names, {@code null}
     * and the rest stay. If the answer holds a single value where a path continues, that is replaced too, because it
     * may contain a secret. Empty if the answer is not clearly one JSON value.
     */
    public Optional<Bytes> redact(Bytes answer) {
        return Value.find(answer)
                .map(value -> Bytes.utf8(covered(value, List.copyOf(paths)).json()));
    }

    private static Value covered(Value value, List<List<String>> left) {
        if (left.isEmpty()) {
            return value;
        }
        boolean whole = left.stream().anyMatch(List::isEmpty);
        return switch (value) {
            case Value.NullLiteral nothing -> nothing;
            case Value.Items(var items) ->
                new Value.Items(items.stream().map(item -> covered(item, left)).toList());
            case Value.Members(var members) -> {
                Map<String, Value> covered = new LinkedHashMap<>();
                members.forEach((name, inner) ->
                        covered.put(name, covered(inner, whole ? List.of(List.of()) : ArgumentPath.after(name, left))));
                yield new Value.Members(covered);
            }
            case Value.Flag _, Value.Numeric _, Value.Text _, Value.LongText _, Value.Word _ -> new Value.Text(HIDDEN);
        };
    }

    @Override
    public String toString() {
        return paths.stream().map(path -> String.join(".", path)).sorted().collect(Collectors.joining(", "));
    }
}
