package dev.interlock.limits;

import dev.interlock.action.Refusal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.SealLimits.Sequence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Computes which limits one attempt reaches, after earlier ones. It depends on its arguments alone.
 *
 * <p>It is monotonic. A further impact, resource, environment or action can only make more limits apply. It can only
 * count more, and have more in common with the past.
 */
record UsageCalculator(SealLimits limits, List<UsageEvent> deeds, Set<String> lost, Instant now) {

    private static final String DO_NOT_SPREAD =
            "Do not split it or spread it over other leases: all of them count together. Tell the owner of this task.";

    /** Returns whether any limit could refuse or hold it, whatever the history is. */
    boolean isAskedAbout() {
        return limits.budgets().values().stream().anyMatch(budget -> means(budget.selector()))
                || limits.sequences().values().stream().anyMatch(sequence -> means(sequence.selector()));
    }

    /** Of the texts that the log does not hold, only those are kept that a limit names. */
    List<UsageEvent> remembered() {
        return remembered(limits, deeds);
    }

    /** Returns those of {@code deeds} that a limit may need later. */
    static List<UsageEvent> remembered(SealLimits limits, List<UsageEvent> deeds) {
        Set<String> named = limits.factNames();
        return deeds.stream()
                .filter(deed -> limits.budgets().values().stream().anyMatch(budget -> deed.fits(budget.selector()))
                        || limits.sequences().values().stream().anyMatch(sequence -> deed.fits(sequence.after())))
                .map(deed -> deed.with(deed.facts().stream()
                        .filter(fact -> !fact.isSalted() || named.contains(fact.name()))
                        .toList()))
                .toList();
    }

    boolean means(SealLimits.ActionSelector selector) {
        return deeds.stream().anyMatch(deed -> deed.fits(selector));
    }

    /** Returns the limits reached: budgets first, each group by name. */
    List<LimitOverrun> overruns(UsageHistory past) {
        List<LimitOverrun> overruns = new ArrayList<>();
        for (Budget budget : limits.budgets().values()) {
            try {
                overrun(budget, past).ifPresent(overruns::add);
            } catch (UsageHistory.HistoryTooLongException e) {
                overruns.add(crowded("budget", budget.name(), budget.within()));
            }
        }
        for (Sequence sequence : limits.sequences().values()) {
            try {
                overrun(sequence, past).ifPresent(overruns::add);
            } catch (UsageHistory.HistoryTooLongException e) {
                overruns.add(crowded("sequence", sequence.name(), sequence.within()));
            }
        }
        return overruns;
    }

    /** Nobody can confirm it, because it is unknown whether the limit was reached. */
    private static LimitOverrun crowded(String kind, String name, Duration within) {
        return new LimitOverrun(
                kind + " " + name,
                "The history within " + NameQuoting.of(within) + " is longer than the " + kind + " `" + name
                        + "` can read, so it counts as reached.",
                "Wait, and tell the owner of this task. " + DO_NOT_SPREAD,
                Optional.empty(),
                Refusal.Finality.RETRYABLE);
    }

    // Budgets.

    private Optional<LimitOverrun> overrun(Budget budget, UsageHistory past)
            throws UsageHistory.HistoryTooLongException {
        List<UsageEvent> own =
                deeds.stream().filter(deed -> deed.fits(budget.selector())).toList();
        if (own.isEmpty()) {
            return Optional.empty();
        }
        BudgetAccounts accounts = new BudgetAccounts(budget.per(), own);
        Map<Map<GroupingKey, String>, List<UsageEvent>> needs = accounts.sorted(own);
        Map<Map<GroupingKey, String>, List<UsageEvent>> uses = accounts.sorted(
                past.since(now.minus(budget.within()), budget.selector(), accounts.bearing(), accounts::contains));
        for (Map<GroupingKey, String> account : accounts.all()) {
            long needed = sum(costs(budget, needs.getOrDefault(account, List.of())));
            Map<String, Cost> before = costs(budget, uses.getOrDefault(account, List.of()));
            long used = sum(before);
            if (used + needed > budget.atMost()) {
                return Optional.of(overrun(budget, account, used, needed, before));
            }
        }
        return Optional.empty();
    }

    /** Returns how much of {@code budget} is used, in the fullest of the accounts that would count these actions. */
    OptionalLong used(Budget budget, UsageHistory past) {
        List<UsageEvent> own =
                deeds.stream().filter(deed -> deed.fits(budget.selector())).toList();
        if (own.isEmpty()) {
            return OptionalLong.empty();
        }
        BudgetAccounts accounts = new BudgetAccounts(budget.per(), own);
        try {
            return accounts
                    .sorted(past.since(
                            now.minus(budget.within()), budget.selector(), accounts.bearing(), accounts::contains))
                    .values()
                    .stream()
                    .mapToLong(events -> sum(costs(budget, events)))
                    .max();
        } catch (UsageHistory.HistoryTooLongException _) {
            return OptionalLong.of(budget.atMost());
        }
    }

    private record Cost(Instant at, long actions, long lost) {
        Cost and(Cost other) {
            return new Cost(at, actions + other.actions, Math.max(lost, other.lost));
        }

        long all() {
            return Math.max(actions, lost);
        }
    }

    /**
     * An attempt that loses more than it has actions counts as all of that: a project with twelve volumes is twelve.
     */
    private static Map<String, Cost> costs(Budget budget, List<UsageEvent> deeds) {
        boolean single =
                budget.per().contains(GroupingKey.RESOURCE); // the account of one resource counts only that resource
        Map<String, Cost> costs = new LinkedHashMap<>();
        deeds.forEach(deed -> costs.merge(deed.attempt(), new Cost(deed.at(), 1, single ? 0 : deed.lost()), Cost::and));
        return costs;
    }

    private static long sum(Map<String, Cost> costs) {
        return costs.values().stream().mapToLong(Cost::all).sum();
    }

    private LimitOverrun overrun(
            Budget budget, Map<GroupingKey, String> account, long used, long needed, Map<String, Cost> before) {
        String name = "budget `" + budget.name() + "`";
        String reason = "The " + name + " permits " + budget.atMost() + " within " + NameQuoting.of(budget.within())
                + words(account) + ": " + used + " are used, and this request needs " + needed + ".";
        if (needed > budget.atMost()) {
            return new LimitOverrun(
                    "budget " + budget.name(),
                    reason,
                    "This request alone exceeds the budget: send smaller requests, or tell the owner of this task.",
                    budget.hold(),
                    Refusal.Finality.FINAL);
        }
        Instant free = free(budget, used + needed - budget.atMost(), before);
        return new LimitOverrun(
                "budget " + budget.name(),
                reason + " The budget permits this again at " + free + ".",
                "Wait until " + free + ". " + DO_NOT_SPREAD,
                budget.hold(),
                Refusal.Finality.RETRYABLE);
    }

    /** Returns when enough of the present costs will have left the window. */
    private Instant free(Budget budget, long excess, Map<String, Cost> before) {
        Instant last = now;
        long gone = 0;
        for (Cost oldest : before.values()) {
            if (gone >= excess) {
                break;
            }
            gone += oldest.all();
            last = oldest.at();
        }
        return last.plus(budget.within());
    }

    private static String words(Map<GroupingKey, String> account) {
        return account.isEmpty()
                ? ""
                : account.entrySet().stream()
                        .map(part -> part.getKey().word() + " " + NameQuoting.quoted(part.getValue()))
                        .collect(Collectors.joining(" and ", " for the ", ""));
    }

    // Sequences.

    /** One action that must not follow another, and all that it touches. It is computed once and compared with many. */
    private record Reach(UsageEvent deed, Set<String> reached) {}

    private Optional<LimitOverrun> overrun(Sequence sequence, UsageHistory past)
            throws UsageHistory.HistoryTooLongException {
        List<Reach> own = new ArrayList<>();
        for (int i = 0; i < deeds.size(); i++) {
            UsageEvent deed = deeds.get(i);
            if (!deed.fits(sequence.selector())) {
                continue;
            }
            Reach reach = new Reach(deed, reached(deed));
            // One request may contain both; the upstream may execute them in any order.
            for (int j = 0; j < deeds.size(); j++) {
                UsageEvent other = deeds.get(j);
                if (i != j && other.fits(sequence.after()) && isAbout(sequence, other, reach)) {
                    return Optional.of(overrun(sequence, other, deed));
                }
            }
            own.add(reach);
        }
        return own.isEmpty() ? Optional.empty() : overrun(sequence, own, past);
    }

    /** Checks all actions of the attempt in one pass: the history may be long, and others wait while it is read. */
    private Optional<LimitOverrun> overrun(Sequence sequence, List<Reach> own, UsageHistory past)
            throws UsageHistory.HistoryTooLongException {
        List<UsageEvent> before = past.since(
                now.minus(sequence.within()),
                sequence.after(),
                bearing(sequence, own),
                earlier -> own.stream().anyMatch(reach -> isAbout(sequence, earlier, reach)));
        if (before.isEmpty()) {
            return Optional.empty();
        }
        UsageEvent earlier = before.getLast();
        return own.stream()
                .filter(reach -> isAbout(sequence, earlier, reach))
                .findFirst()
                .map(reach -> overrun(sequence, earlier, reach.deed()));
    }

    /** Returns a filter that every action found by {@link #isAbout} matches. */
    private static HistoryFilter bearing(Sequence sequence, List<Reach> own) {
        Map<GroupingKey, String> single = new EnumMap<>(GroupingKey.class);
        List<Set<String>> marks = new ArrayList<>();
        for (GroupingKey facet : sequence.same()) {
            Set<String> some = new TreeSet<>();
            switch (facet) {
                case LEASE, PERSON, AGENT, TASK, UPSTREAM ->
                    single.put(facet, own.getFirst().deed().of(facet).iterator().next());
                case ENVIRONMENT ->
                    own.forEach(reach -> some.addAll(
                            HistoryFilter.marks("environment", reach.deed().environments())));
                case RESOURCE ->
                    own.forEach(reach -> {
                        some.addAll(HistoryFilter.marks("resource", reach.reached()));
                        some.addAll(HistoryFilter.groups(reach.deed().resources()));
                    });
                case GROUP ->
                    own.forEach(reach -> {
                        some.addAll(HistoryFilter.marks("resource", reach.reached()));
                        some.addAll(HistoryFilter.groups(reach.reached()));
                    });
            }
            if (!single.containsKey(facet)) {
                marks.add(some);
            }
        }
        return new HistoryFilter(single, marks);
    }

    private static boolean isAbout(Sequence sequence, UsageEvent earlier, Reach reach) {
        return sequence.same().stream().allMatch(facet -> haveInCommon(facet, earlier, reach));
    }

    /** For a sequence, a resource that lies in the other, or would be lost with it, counts as the same resource. */
    private static boolean haveInCommon(GroupingKey facet, UsageEvent earlier, Reach reach) {
        UsageEvent deed = reach.deed();
        return switch (facet) {
            case RESOURCE ->
                !Collections.disjoint(earlier.resources(), reach.reached()) || earlier.isWithin(deed.resources());
            case GROUP -> earlier.isWithin(reach.reached()) || !Collections.disjoint(earlier.reach(), reach.reached());
            case LEASE, PERSON, AGENT, TASK, UPSTREAM, ENVIRONMENT ->
                !Collections.disjoint(earlier.of(facet), deed.of(facet));
        };
    }

    private Set<String> reached(UsageEvent deed) {
        Set<String> all = new TreeSet<>(deed.reach());
        all.addAll(lost);
        return all;
    }

    private LimitOverrun overrun(Sequence sequence, UsageEvent earlier, UsageEvent deed) {
        Instant end = earlier.at().plus(sequence.within());
        String reason = "The sequence `" + sequence.name() + "` forbids that "
                + NameQuoting.quoted(deed.operation().toString()) + " follows "
                + NameQuoting.quoted(earlier.operation().toString()) + " within " + NameQuoting.of(sequence.within())
                + "; the earlier call was at " + earlier.at() + ".";
        boolean together = earlier.attempt().equals(deed.attempt());
        return new LimitOverrun(
                "sequence " + sequence.name(),
                together
                        ? "The sequence `" + sequence.name() + "` forbids that "
                                + NameQuoting.quoted(deed.operation().toString()) + " is sent together with "
                                + NameQuoting.quoted(earlier.operation().toString()) + ", as in this request."
                        : reason,
                together
                        ? "Do not send them one after the other either. Tell the owner of this task."
                        : "Stop here, and tell the owner of this task what you wanted to do. The sequence forbids it until "
                                + end + ".",
                sequence.hold(),
                together ? Refusal.Finality.FINAL : Refusal.Finality.RETRYABLE);
    }

    /**
     * The accounts of one budget that one attempt falls into: one for each combination of its actions' facet values.
     */
    static final class BudgetAccounts {

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
                    case ENVIRONMENT -> marks.add(HistoryFilter.marks("environment", some));
                    case RESOURCE -> marks.add(HistoryFilter.marks("resource", some));
                    case GROUP -> {
                        Set<String> either = new TreeSet<>(HistoryFilter.groups(some));
                        either.addAll(HistoryFilter.marks("resource", some));
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
                Set<String> had = new TreeSet<>(values.getOrDefault(facet, Set.of()));
                Set<String> own = deed.of(facet);
                if (!own.contains(UsageEvent.ANY_GROUP)) {
                    had.retainAll(own);
                }
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
}
