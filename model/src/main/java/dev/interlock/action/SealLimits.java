package dev.interlock.action;

import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.SaltedText;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The seal's limits on several attempts taken together, each of which may be harmless. */
public record SealLimits(Map<String, Budget> budgets, Map<String, Sequence> sequences) {

    /** The maximum window. Older events may be forgotten. */
    public static final Duration MAX_WITHIN = Duration.ofDays(30);

    public static final SealLimits NONE = new SealLimits(Map.of(), Map.of());

    /** The properties by which attempts are grouped. */
    public enum GroupingKey implements Keyword {
        /** The root lease: a derived child counts as its parent. */
        LEASE,
        PERSON,
        AGENT,
        TASK,
        UPSTREAM,
        ENVIRONMENT,
        /** A resource that others lie in, such as a project. */
        GROUP,
        RESOURCE;

        /** Returns the facet with the name {@code word}; throws {@link IllegalArgumentException} if there is none. */
        public static GroupingKey of(String word) {
            return Keyword.find(GroupingKey.class, word)
                    .orElseThrow(
                            () -> new IllegalArgumentException(
                                    "write `lease`, `person`, `agent`, `task`, `upstream`, `environment`, `group` or `resource`"));
        }
    }

    /**
     * Selects actions. An empty criterion matches everything; of the others, one value must match. So adding more to an
     * action never makes it miss a selector.
     *
     * @param facts names and values, all of which the action must have
     */
    public record ActionSelector(
            Set<Impact> impacts, Set<Operation> operations, Set<String> environments, Map<String, String> facts) {
        public ActionSelector {
            impacts = impacts.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(impacts));
            operations = Set.copyOf(operations);
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            facts = Collections.unmodifiableMap(new TreeMap<>(facts));
        }

        /**
         * Returns whether an action of this kind, in {@code where}, is selected. Of an action that was read from the
         * log again, the text of a fact may be unknown; then it counts as the one that the selector names.
         */
        public boolean fits(Operation operation, Set<Impact> does, Set<String> where, Collection<Fact> said) {
            return (impacts.isEmpty() || !Collections.disjoint(impacts, does))
                    && (operations.isEmpty() || operations.contains(operation))
                    && (environments.isEmpty() || !Collections.disjoint(environments, where))
                    && facts.entrySet().stream()
                            .allMatch(wanted -> said.stream()
                                    .anyMatch(fact -> fact.name().equals(wanted.getKey())
                                            && (fact.value().equals(wanted.getValue())
                                                    || SaltedText.isDigest(fact.value()))));
        }
    }

    /**
     * A maximum amount within a sliding window.
     *
     * @param per the property by which amounts are counted separately; empty for all together
     * @param hold the obligations that allow one more; empty if nothing does
     */
    public record Budget(
            String name,
            Set<GroupingKey> per,
            ActionSelector selector,
            long atMost,
            Duration within,
            Optional<Obligations> hold) {
        public Budget {
            per = facets(per);
        }
    }

    /**
     * A rule that an action must not follow another, at least not without people.
     *
     * @param same what both must have in common; empty for nothing
     * @param hold the obligations that allow it; empty if nothing does
     */
    public record Sequence(
            String name,
            ActionSelector after,
            ActionSelector selector,
            Set<GroupingKey> same,
            Duration within,
            Optional<Obligations> hold) {
        public Sequence {
            same = facets(same);
        }
    }

    public SealLimits {
        budgets = Collections.unmodifiableMap(new TreeMap<>(budgets));
        sequences = Collections.unmodifiableMap(new TreeMap<>(sequences));
    }

    /** Returns the operations by which a limit selects actions. */
    public Set<Operation> operations() {
        Set<Operation> named = new HashSet<>();
        budgets.values().forEach(budget -> named.addAll(budget.selector().operations()));
        sequences.values().forEach(sequence -> {
            named.addAll(sequence.after().operations());
            named.addAll(sequence.selector().operations());
        });
        return named;
    }

    /** Returns the names of the facts by which a limit selects actions. */
    public Set<String> factNames() {
        Set<String> names = new TreeSet<>();
        budgets.values()
                .forEach(budget -> names.addAll(budget.selector().facts().keySet()));
        sequences.values().forEach(sequence -> {
            names.addAll(sequence.after().facts().keySet());
            names.addAll(sequence.selector().facts().keySet());
        });
        return names;
    }

    private static Set<GroupingKey> facets(Set<GroupingKey> facets) {
        return facets.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(facets));
    }
}
