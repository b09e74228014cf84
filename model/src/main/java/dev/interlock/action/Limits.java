package dev.interlock.action;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a seal says of attempts taken together: each of them may be harmless.
 *
 * @param budgets how much of something, by name
 * @param sequences what must not follow what, by name
 */
public record Limits(Map<String, Budget> budgets, Map<String, Sequence> sequences) {

    /** No window reaches further back, so that what is older may be forgotten. */
    public static final Duration MAX_WITHIN = Duration.ofDays(30);

    /** Of a seal that limits nothing. */
    public static final Limits NONE = new Limits(Map.of(), Map.of());

    /** What several attempts can have in common. */
    public enum Facet {
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

        /** The word used in files. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The facet that {@code word} names.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Facet of(String word) {
            for (Facet facet : values()) {
                if (facet.word().equals(word)) {
                    return facet;
                }
            }
            throw new IllegalArgumentException(
                    "write `lease`, `person`, `agent`, `task`, `upstream`, `environment`, `group` or `resource`");
        }
    }

    /**
     * Which actions are meant. What is empty does not matter; of what is not, one must fit. So a larger action never
     * falls out of it.
     *
     * @param facts names and values, all of which the action must have
     */
    public record Selector(
            Set<Impact> impacts, Set<Operation> operations, Set<String> environments, Map<String, String> facts) {
        public Selector {
            impacts = impacts.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(impacts));
            operations = Set.copyOf(operations);
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            facts = Collections.unmodifiableMap(new TreeMap<>(facts));
        }

        /** Whether an action of this kind, in {@code where}, is meant. */
        public boolean fits(Operation operation, Set<Impact> does, Set<String> where, Collection<Fact> said) {
            return (impacts.isEmpty() || !Collections.disjoint(impacts, does))
                    && (operations.isEmpty() || operations.contains(operation))
                    && (environments.isEmpty() || !Collections.disjoint(environments, where))
                    && facts.entrySet().stream()
                            .allMatch(wanted -> said.stream()
                                    .anyMatch(fact -> fact.name().equals(wanted.getKey())
                                            && fact.value().equals(wanted.getValue())));
        }
    }

    /**
     * How much of something may go within a sliding window.
     *
     * @param per what is counted apart; empty for all together
     * @param hold what lets one more go; empty if nothing does
     */
    public record Budget(
            String name, Set<Facet> per, Selector selector, long atMost, Duration within, Optional<Obligations> hold) {
        public Budget {
            per = facets(per);
        }
    }

    /**
     * What must not follow what, at least not without people.
     *
     * @param after what went before
     * @param selector what must not follow
     * @param same what both must have in common; empty for nothing
     * @param hold what lets it follow; empty if nothing does
     */
    public record Sequence(
            String name,
            Selector after,
            Selector selector,
            Set<Facet> same,
            Duration within,
            Optional<Obligations> hold) {
        public Sequence {
            same = facets(same);
        }
    }

    public Limits {
        budgets = Collections.unmodifiableMap(new TreeMap<>(budgets));
        sequences = Collections.unmodifiableMap(new TreeMap<>(sequences));
    }

    private static Set<Facet> facets(Set<Facet> facets) {
        return facets.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(facets));
    }
}
