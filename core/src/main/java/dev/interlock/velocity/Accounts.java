package dev.interlock.velocity;

import dev.interlock.action.Limits.Facet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The accounts of one budget that one attempt falls into: one for each combination of its actions' facet values. */
final class Accounts {

    private final Set<Facet> per;
    private final Map<Facet, Set<String>> values = new EnumMap<>(Facet.class);
    private final Set<Map<Facet, String>> all = new LinkedHashSet<>();

    /** @param own the actions that the budget applies to; not empty */
    Accounts(Set<Facet> per, List<Deed> own) {
        this.per = per;
        for (Facet facet : per) {
            Set<String> some = new TreeSet<>();
            own.forEach(deed -> some.addAll(deed.of(facet)));
            values.put(facet, some);
        }
        own.forEach(deed -> all.addAll(combinations(deed)));
    }

    Set<Map<Facet, String>> all() {
        return all;
    }

    /** Returns a filter for the events on these accounts. */
    Bearing bearing() {
        Map<Facet, String> single = new EnumMap<>(Facet.class);
        List<Set<String>> marks = new ArrayList<>();
        values.forEach((facet, some) -> {
            switch (facet) {
                case LEASE, PERSON, AGENT, TASK, UPSTREAM ->
                    single.put(facet, some.iterator().next());
                case ENVIRONMENT -> marks.add(Bearing.environments(some));
                case RESOURCE -> marks.add(Bearing.resources(some));
                case GROUP -> {
                    Set<String> either = new TreeSet<>(Bearing.groups(some));
                    either.addAll(Bearing.resources(some));
                    marks.add(either);
                }
            }
        });
        return new Bearing(single, marks);
    }

    /** Returns whether {@code deed} is on one of them. */
    boolean have(Deed deed) {
        return combinations(deed).stream().anyMatch(all::contains);
    }

    /** Returns the events of each account, in order; events on no account are left out. */
    Map<Map<Facet, String>, List<Deed>> sorted(List<Deed> deeds) {
        Map<Map<Facet, String>, List<Deed>> sorted = new LinkedHashMap<>();
        all.forEach(account -> sorted.put(account, new ArrayList<>()));
        for (Deed deed : deeds) {
            for (Map<Facet, String> account : combinations(deed)) {
                List<Deed> on = sorted.get(account);
                if (on != null) {
                    on.add(deed);
                }
            }
        }
        return sorted;
    }

    /** Returns the accounts of {@code deed} among these. They are found by value, since there may be many. */
    private List<Map<Facet, String>> combinations(Deed deed) {
        List<Map<Facet, String>> some = List.of(Map.of());
        for (Facet facet : per) {
            Set<String> had = new TreeSet<>(deed.of(facet));
            had.retainAll(values.getOrDefault(facet, Set.of()));
            List<Map<Facet, String>> longer = new ArrayList<>();
            for (Map<Facet, String> account : some) {
                for (String value : had) {
                    Map<Facet, String> more = new LinkedHashMap<>(account);
                    more.put(facet, value);
                    longer.add(more);
                }
            }
            some = longer;
        }
        return some;
    }
}
