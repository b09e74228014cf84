package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What statements have changed in a transaction that is not committed, as the server has counted it.
 *
 * @param changes those of a table and a kind each
 */
record Consequences(List<Change> changes) {

    /** The name of the fact that says how many rows are changed. */
    static final String COUNT = Fact.COUNT + "rows";

    /**
     * Rows of one table.
     *
     * @param kind {@code delete}, {@code update} or {@code insert}
     * @param how why they change if the statement does not name the table: a word
     */
    record Change(String kind, String table, String how, long rows) {

        private String named() {
            return table + (how.isEmpty() ? "" : " (" + how + ")");
        }
    }

    Consequences {
        changes = List.copyOf(changes);
    }

    long rows() {
        return changes.stream().mapToLong(Change::rows).sum();
    }

    /** Returns {@code actions} with these numbers. Each that changes something counts as changing them all. */
    List<Action> of(List<Action> actions) {
        List<Action> counted = new ArrayList<>();
        boolean isTold = false;
        for (Action action : actions) {
            if (action.isPureRead()) {
                counted.add(action);
                continue;
            }
            List<Fact> facts = new ArrayList<>(action.facts());
            facts.removeIf(fact -> fact.name().equals(COUNT) && fact.provenance() == Provenance.RESOLVED);
            facts.add(new Fact(COUNT, Long.toString(rows()), Provenance.RESOLVED));
            if (!isTold) {
                told().forEach((kind, words) ->
                        facts.add(new Fact(Fact.ROWS + kind, Fact.shortened(words), Provenance.RESOLVED)));
                isTold = true;
            }
            counted.add(action.withFacts(facts));
        }
        return counted;
    }

    private Map<String, String> told() {
        Map<String, String> told = new TreeMap<>();
        changes.forEach(change ->
                told.merge(change.kind(), change.rows() + " " + change.named(), (one, two) -> one + ", " + two));
        return told;
    }

    /** Returns it as people read it, as {@code would delete 1,200 rows of orders, 4 of items (cascade)}. */
    String words() {
        if (changes.isEmpty()) {
            return "would change no row";
        }
        Map<String, List<Change>> byKind =
                changes.stream().collect(Collectors.groupingBy(Change::kind, TreeMap::new, Collectors.toList()));
        return byKind.entrySet().stream()
                .map(each -> "would " + each.getKey() + " " + words(each.getValue()))
                .collect(Collectors.joining("; "));
    }

    private static String words(List<Change> changes) {
        List<String> words = new ArrayList<>();
        for (Change change : changes) {
            String rows = !words.isEmpty() ? "" : change.rows() == 1 ? "row " : "rows ";
            words.add(String.format(Locale.ROOT, "%,d ", change.rows()) + rows + "of " + change.named());
        }
        return String.join(", ", words);
    }
}
