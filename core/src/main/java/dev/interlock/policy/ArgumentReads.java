package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Fact;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arguments and quantities that a policy's conditions read, found in Cedar's own parse.
 *
 * @param names the names, as {@code body.ref} in {@code context.argument["body.ref"]}; of quantities as
 *     {@link Fact#readCount} writes them
 * @param whole whether a condition reads the record itself; a seal's policies must not
 */
record ArgumentReads(Set<String> names, boolean whole) {

    private static final List<String> RECORD = List.of("context", "argument");
    private static final List<String> COUNTS = List.of("context", "counts");

    ArgumentReads {
        names = new TreeSet<>(names);
        if (names.contains(Fact.SECRET_FILE)) {
            names.add(Fact.FILE); // which it is derived from
        }
        names = Collections.unmodifiableSet(names);
    }

    static ArgumentReads of(PolicyRule rule) {
        Set<String> names = new TreeSet<>();
        boolean whole = collect(rule.tree().path("conditions"), names);
        return new ArgumentReads(names, whole);
    }

    static Set<String> names(Collection<PolicyRule> rules) {
        Set<String> names = new TreeSet<>();
        rules.forEach(rule -> names.addAll(of(rule).names()));
        return names;
    }

    private static boolean collect(JsonNode expression, Set<String> names) {
        Optional<List<String>> path = TraitAnalysis.path(expression.path("has"))
                .or(() -> TraitAnalysis.path(expression))
                .filter(steps -> isWithin(steps, RECORD) || isWithin(steps, COUNTS));
        if (path.isPresent()) {
            boolean isCount = isWithin(path.get(), COUNTS);
            path.get().stream()
                    .skip(RECORD.size())
                    .findFirst()
                    .ifPresent(name -> names.add(isCount ? Fact.readCount(name) : name));
            return path.get().size() == RECORD.size() && !expression.has("has");
        }
        boolean whole = false;
        for (JsonNode part : expression) {
            whole |= collect(part, names);
        }
        return whole;
    }

    private static boolean isWithin(List<String> steps, List<String> record) {
        return steps.size() >= record.size() && steps.subList(0, record.size()).equals(record);
    }
}
