package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arguments that a policy's conditions read, found in Cedar's own parse.
 *
 * @param names the names, as {@code body.ref} in {@code context.argument["body.ref"]}
 * @param whole whether a condition reads the record itself; a seal's policies must not
 */
record ArgumentReads(Set<String> names, boolean whole) {

    private static final List<String> RECORD = List.of("context", "argument");

    ArgumentReads {
        names = Collections.unmodifiableSet(new TreeSet<>(names));
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
                .filter(steps -> steps.size() >= RECORD.size()
                        && steps.subList(0, RECORD.size()).equals(RECORD));
        if (path.isPresent()) {
            path.get().stream().skip(RECORD.size()).findFirst().ifPresent(names::add);
            return path.get().equals(RECORD) && !expression.has("has");
        }
        boolean whole = false;
        for (JsonNode part : expression) {
            whole |= collect(part, names);
        }
        return whole;
    }
}
