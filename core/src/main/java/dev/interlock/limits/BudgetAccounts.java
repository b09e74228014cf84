package dev.interlock.limits;

import dev.interlock.action.SealLimits.GroupingKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The accounts of one budget that one attempt falls into: one for each combination of its actions' facet values. */
final class BudgetAccounts {

    private final Set<GroupingKey> per;
    private final Map<GroupingKey, Set<String>> values = new EnumMap<>(GroupingKey.class);
    private final Set<Map<GroupingKey, String>> all = new LinkedHashSet<>();

    /** @param own the actions that the budget applies to; not empty */
    BudgetAccounts(Set<GroupingKey> per, List<UsageEvent> own) {
        this.per = per;
        for (GroupingKey facet : per) {
            Set<String> some = new TreeSet<>();
            own.forEach(deed -> some.addAll(deed.of(facet)));
            values.put(facet, some);
        }
        own.forEach(deed -> all.addAll(combinations(deed)));
    }

    Set<Map<GroupingKey, String>> all() {
        return all;
    }

    HistoryFilter bearing() {
        Map<GroupingKey, String> single = new EnumMap<>(GroupingKey.class);
        List<Set<String>> marks = new ArrayList<>();
        values.forEach((facet, some) -> {
            switch (facet) {
                case LEASE, PERSON, AGENT, TASK, UPSTREAM ->
                    single.put(facet, some.iterator().next());
                case ENVIRONMENT -> marks.add(HistoryFilter.environments(some));
                case RESOURCE -> marks.add(HistoryFilter.resources(some));
                case GROUP -> {
                    Set<String> either = new TreeSet<>(HistoryFilter.groups(some));
                    either.addAll(HistoryFilter.resources(some));
                    marks.add(either);
                }
            }
        });
        return new HistoryFilter(single, marks);
    }

    boolean contains(UsageEvent deed) {
        return combinations(deed).stream().anyMatch(all::contains);
    }

    Map<Map<GroupingKey, String>, List<UsageEvent>> sorted(List<UsageEvent> deeds) {
        Map<Map<GroupingKey, String>, List<UsageEvent>> sorted = new LinkedHashMap<>();
        all.forEach(account -> sorted.put(account, new ArrayList<>()));
        for (UsageEvent deed : deeds) {
            for (Map<GroupingKey, String> account : combinations(deed)) {
                List<UsageEvent> on = sorted.get(account);
                if (on != null) {
                    on.add(deed);
                }
            }
        }
        return sorted;
    }

    /** Returns the accounts of {@code deed} among these. They are found by value, since there may be many. */
    private List<Map<GroupingKey, String>> combinations(UsageEvent deed) {
        List<Map<GroupingKey, String>> some = List.of(Map.of());
        for (GroupingKey facet : per) {
            Set<String> had = new TreeSet<>(deed.of(facet));
            had.retainAll(values.getOrDefault(facet, Set.of()));
            List<Map<GroupingKey, String>> longer = new ArrayList<>();
            for (Map<GroupingKey, String> account : some) {
                for (String value : had) {
                    Map<GroupingKey, String> more = new LinkedHashMap<>(account);
                    more.put(facet, value);
                    longer.add(more);
                }
            }
            some = longer;
        }
        return some;
    }
}
