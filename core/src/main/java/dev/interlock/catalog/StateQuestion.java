package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The way in which an operation's meaning depends on the provider's present state. */
sealed interface StateQuestion {

    /** What paths call the provider's answer. */
    String ANSWER = "answer";

    /** Returns the impacts of the operation in the harmless case. */
    Set<Impact> kept();

    Set<ArgumentPath> readPaths();

    /**
     * A replacement is compared with the present state.
     *
     * @param sent the path to the values that identify the request's entries
     * @param at the path to the same values in the answer
     * @param fewerThan with this many entries or more, the answer may be incomplete
     * @param kept the impacts of the operation if it leaves out no present entry
     * @param holding entries that hold machines back: without one of them, they run
     */
    record StateComparison(
            ArgumentPath sent,
            ArgumentPath at,
            Map<String, String> query,
            OptionalInt fewerThan,
            Set<Impact> kept,
            Optional<WordList> holding)
            implements StateQuestion {

        /** Returns whether one of {@code entries}, each as JSON, holds machines back. */
        boolean isHolding(Set<String> entries) {
            return holding.isPresent()
                    && entries.stream()
                            .map(entry -> Value.find(Bytes.utf8(entry))
                                    .flatMap(Value::scalar)
                                    .orElse(entry))
                            .anyMatch(holding.get()::match);
        }

        @Override
        public Set<ArgumentPath> readPaths() {
            return Set.of(sent);
        }

        /**
         * Returns the entries at {@code path} in their order, each as canonical JSON. A set of such texts is fast even
         * if an agent chose values with equal hashes; a set of values is not. Empty if the path does not lead through
         * all of {@code arguments} to single values. Unlike in conditions, a missing member does not count as nothing:
         * the result is unknown.
         */
        static Optional<Set<String>> entries(ArgumentPath path, Map<String, Value> arguments) {
            List<Value> here = List.of(new Value.Members(arguments));
            int left = path.steps().size();
            for (String step : path.steps()) {
                left--;
                List<Value> next = new ArrayList<>();
                for (Value value : here) {
                    // An empty list of entries is one. Where an object should hold the list, it has no clear meaning.
                    if (items(value).isEmpty() && left > 0) {
                        return Optional.empty();
                    }
                    for (Value item : items(value)) {
                        if (!(item instanceof Value.Members(var members)) || isMissing(members, step)) {
                            return Optional.empty();
                        }
                        ArgumentPath.member(members, step).forEach(next::add);
                    }
                }
                here = next;
            }
            Set<String> leaves = new LinkedHashSet<>();
            for (Value end : here) {
                for (Value leaf : items(end)) {
                    if (!(leaf instanceof Value.Text || leaf instanceof Value.Numeric)) {
                        return Optional.empty();
                    }
                    leaves.add(leaf.json());
                }
            }
            return Optional.of(leaves);
        }

        private static List<Value> items(Value value) {
            return value instanceof Value.Items(var items) ? items : List.of(value);
        }

        private static boolean isMissing(Map<String, Value> members, String step) {
            return !step.equals(ArgumentPath.ANY) && !step.equals(ArgumentPath.NAMES) && !members.containsKey(step);
        }
    }

    /**
     * An operation is milder under a condition on the present state.
     *
     * @param arguments its arguments, besides path parameters of the same name
     * @param kept the impacts of the operation if it holds
     */
    record StateCondition(
            String read,
            Map<ArgumentPath, ArgumentTemplate> arguments,
            ArgumentCondition condition,
            Set<Impact> kept,
            String because)
            implements StateQuestion {

        @Override
        public Set<ArgumentPath> readPaths() {
            Set<ArgumentPath> paths = new HashSet<>();
            arguments.values().forEach(template -> paths.addAll(template.paths()));
            return paths;
        }

        /**
         * Checks that it fits the operation it asks. The gateway asks by itself, before anybody has permitted anything.
         */
        void requireFitting(CatalogSection section, RestOperation asked) {
            if (!asked.possible().equals(Set.of(Impact.READ))) {
                throw section.require("read").wrong("must only read, because the gateway asks it by itself");
            }
            arguments
                    .keySet()
                    .forEach(path -> path.requireWithin(
                            section.require("arguments"), asked.entry().shape().arguments(), asked.shapes()));
        }
    }
}
