package dev.interlock.velocity;

import dev.interlock.action.Limits;
import dev.interlock.action.Limits.Budget;
import dev.interlock.action.Limits.Facet;
import dev.interlock.action.Limits.Sequence;
import dev.interlock.action.Refusal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which limits one attempt reaches, after what went before. It decides from its arguments alone.
 *
 * <p>Larger is never less: each further impact, resource, environment or action of the attempt can only make more
 * limits mean it, count more, and have more in common with the past.
 */
final class Reckoning {

    private static final String DO_NOT_SPREAD =
            "Do not split it or spread it over other leases: they count together. Tell the owner of this task.";

    private final Limits limits;
    private final List<Deed> deeds;
    private final Set<String> lost;
    private final Instant now;

    /** @param lost the resources that the attempt would lose */
    Reckoning(Limits limits, List<Deed> deeds, Set<String> lost, Instant now) {
        this.limits = limits;
        this.deeds = deeds;
        this.lost = lost;
        this.now = now;
    }

    /** Whether any limit could refuse or hold it, whatever went before. */
    boolean isAskedAbout() {
        return limits.budgets().values().stream().anyMatch(budget -> means(budget.selector()))
                || limits.sequences().values().stream().anyMatch(sequence -> means(sequence.selector()));
    }

    /** What of it must be remembered, for limits to come. */
    List<Deed> remembered() {
        return deeds.stream()
                .filter(deed -> limits.budgets().values().stream().anyMatch(budget -> deed.fits(budget.selector()))
                        || limits.sequences().values().stream().anyMatch(sequence -> deed.fits(sequence.after())))
                .toList();
    }

    private boolean means(Limits.Selector selector) {
        return deeds.stream().anyMatch(deed -> deed.fits(selector));
    }

    /** Budgets first, each by its name. */
    List<Overrun> overruns(Past past) throws SQLException {
        List<Overrun> overruns = new ArrayList<>();
        for (Budget budget : limits.budgets().values()) {
            try {
                overrun(budget, past).ifPresent(overruns::add);
            } catch (CrowdedException e) {
                overruns.add(crowded("budget", budget.name(), budget.within()));
            }
        }
        for (Sequence sequence : limits.sequences().values()) {
            try {
                overrun(sequence, past).ifPresent(overruns::add);
            } catch (CrowdedException e) {
                overruns.add(crowded("sequence", sequence.name(), sequence.within()));
            }
        }
        return overruns;
    }

    /** Nobody can confirm it away: whether it was reached is not known. */
    private static Overrun crowded(String kind, String name, Duration within) {
        return new Overrun(
                kind + " " + name,
                "More has gone within " + Words.of(within) + " than the " + kind + " `" + name
                        + "` can look through, so that it counts as reached.",
                "Wait, and tell the owner of this task. " + DO_NOT_SPREAD,
                Optional.empty(),
                Refusal.Finality.RETRYABLE);
    }

    // Budgets.

    private Optional<Overrun> overrun(Budget budget, Past past) throws SQLException, CrowdedException {
        List<Deed> own =
                deeds.stream().filter(deed -> deed.fits(budget.selector())).toList();
        if (own.isEmpty()) {
            return Optional.empty();
        }
        Collection<Map<Facet, String>> accounts = accounts(budget.per(), own);
        List<Deed> before = past.since(
                now.minus(budget.within()),
                budget.selector(),
                budget.per(),
                own.getFirst(),
                deed -> accounts.stream().anyMatch(account -> isOn(account, deed)));
        for (Map<Facet, String> account : accounts) {
            long needed = cost(budget, account, own);
            long used = cost(budget, account, before);
            if (used + needed > budget.atMost()) {
                return Optional.of(overrun(budget, account, used, needed, before));
            }
        }
        return Optional.empty();
    }

    /** One for each combination of what is counted apart. */
    private static Collection<Map<Facet, String>> accounts(Set<Facet> per, List<Deed> own) {
        Set<Map<Facet, String>> all = new LinkedHashSet<>();
        for (Deed deed : own) {
            List<Map<Facet, String>> some = List.of(Map.of());
            for (Facet facet : per) {
                List<Map<Facet, String>> longer = new ArrayList<>();
                for (Map<Facet, String> account : some) {
                    for (String value : deed.of(facet)) {
                        Map<Facet, String> more = new LinkedHashMap<>(account);
                        more.put(facet, value);
                        longer.add(more);
                    }
                }
                some = longer;
            }
            all.addAll(some);
        }
        return all;
    }

    private static boolean isOn(Map<Facet, String> account, Deed deed) {
        return account.entrySet().stream()
                .allMatch(part -> deed.of(part.getKey()).contains(part.getValue()));
    }

    /**
     * Each action counts. An attempt that destroys counts for all that it loses, if that is more: a project with twelve
     * volumes is not one.
     */
    private static long cost(Budget budget, Map<Facet, String> account, List<Deed> deeds) {
        Map<String, Long> actions = new LinkedHashMap<>();
        Map<String, Long> lost = new LinkedHashMap<>();
        for (Deed deed : deeds) {
            if (isOn(account, deed)) {
                actions.merge(deed.attempt(), 1L, Long::sum);
                lost.merge(deed.attempt(), deed.lost(), Math::max);
            }
        }
        boolean single = budget.per().contains(Facet.RESOURCE); // what one resource's account is about is that one
        return actions.entrySet().stream()
                .mapToLong(attempt -> single
                        ? attempt.getValue()
                        : Math.max(attempt.getValue(), lost.getOrDefault(attempt.getKey(), 0L)))
                .sum();
    }

    private Overrun overrun(Budget budget, Map<Facet, String> account, long used, long needed, List<Deed> before) {
        String name = "budget `" + budget.name() + "`";
        String reason = "The " + name + " lets " + budget.atMost() + " go within " + Words.of(budget.within())
                + words(account) + ": " + used + " of them are used, and this needs " + needed + ".";
        if (needed > budget.atMost()) {
            return new Overrun(
                    "budget " + budget.name(),
                    reason,
                    "This alone is more than it ever lets go: do less at once, or tell the owner of this task.",
                    budget.hold(),
                    Refusal.Finality.FINAL);
        }
        Instant free = free(budget, account, used + needed - budget.atMost(), before);
        return new Overrun(
                "budget " + budget.name(),
                reason + " It has room again at " + free + ".",
                "Wait until " + free + ". " + DO_NOT_SPREAD,
                budget.hold(),
                Refusal.Finality.RETRYABLE);
    }

    /** When so much of what counts now does no longer. */
    private Instant free(Budget budget, Map<Facet, String> account, long excess, List<Deed> before) {
        List<Deed> left = before.stream().filter(deed -> isOn(account, deed)).collect(Collectors.toList());
        long all = cost(budget, account, left);
        Instant last = now;
        while (!left.isEmpty() && all - cost(budget, account, left) < excess) {
            String oldest = left.getFirst().attempt();
            last = left.getFirst().at();
            left.removeIf(deed -> deed.attempt().equals(oldest));
        }
        return last.plus(budget.within());
    }

    private static String words(Map<Facet, String> account) {
        return account.isEmpty()
                ? ""
                : account.entrySet().stream()
                        .map(part -> part.getKey().word() + " " + Words.quoted(part.getValue()))
                        .collect(Collectors.joining(" and ", " for the ", ""));
    }

    // Sequences.

    private Optional<Overrun> overrun(Sequence sequence, Past past) throws SQLException, CrowdedException {
        for (int i = 0; i < deeds.size(); i++) {
            Deed deed = deeds.get(i);
            if (!deed.fits(sequence.selector())) {
                continue;
            }
            List<Deed> before = new ArrayList<>(past.since(
                    now.minus(sequence.within()),
                    sequence.after(),
                    sequence.same(),
                    deed,
                    other -> isAbout(sequence, other, deed)));
            // One request may do both: whatever order the upstream takes them in.
            before.addAll(deeds.subList(0, i));
            before.addAll(deeds.subList(i + 1, deeds.size()));
            before.removeIf(other -> !other.fits(sequence.after()));
            for (Deed earlier : before.reversed()) {
                if (isAbout(sequence, earlier, deed)) {
                    return Optional.of(overrun(sequence, earlier, deed));
                }
            }
        }
        return Optional.empty();
    }

    private boolean isAbout(Sequence sequence, Deed earlier, Deed deed) {
        return sequence.same().stream().allMatch(facet -> haveInCommon(facet, earlier, deed));
    }

    /** What lies in the other, or would be lost with it, is the same resource to a sequence. */
    private boolean haveInCommon(Facet facet, Deed earlier, Deed deed) {
        return switch (facet) {
            case RESOURCE ->
                !Collections.disjoint(earlier.resources(), reached(deed))
                        || !Collections.disjoint(earlier.groups(), deed.resources());
            case GROUP -> !Collections.disjoint(earlier.reach(), reached(deed));
            case LEASE, PERSON, AGENT, TASK, UPSTREAM, ENVIRONMENT ->
                !Collections.disjoint(earlier.of(facet), deed.of(facet));
        };
    }

    private Set<String> reached(Deed deed) {
        Set<String> all = new TreeSet<>(deed.reach());
        all.addAll(lost);
        return all;
    }

    private Overrun overrun(Sequence sequence, Deed earlier, Deed deed) {
        Instant end = earlier.at().plus(sequence.within());
        String reason = "The sequence `" + sequence.name() + "` does not let "
                + Words.quoted(deed.operation().toString()) + " follow "
                + Words.quoted(earlier.operation().toString()) + " within " + Words.of(sequence.within())
                + "; that went at " + earlier.at()
                + ".";
        boolean together = earlier.attempt().equals(deed.attempt());
        return new Overrun(
                "sequence " + sequence.name(),
                together
                        ? "The sequence `" + sequence.name() + "` does not let "
                                + Words.quoted(deed.operation().toString()) + " go with "
                                + Words.quoted(earlier.operation().toString()) + ", as this request has it."
                        : reason,
                together
                        ? "Do not send them one after the other either. Tell the owner of this task."
                        : "Stop here, and tell the owner of this task what you were about to do. It stays so until "
                                + end + ".",
                sequence.hold(),
                together ? Refusal.Finality.FINAL : Refusal.Finality.RETRYABLE);
    }
}
