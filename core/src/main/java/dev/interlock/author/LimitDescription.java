package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Durations;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.policy.Annotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Describes how a seal's limits concern one attempt. */
final class LimitDescription {

    private LimitDescription() {}

    /** Returns one line for each budget that counts it, and each sequence that it is part of. */
    static List<String> about(Seal seal, ResolvedAttempt sensed) {
        List<String> lines = new ArrayList<>();
        for (SealLimits.Budget budget : seal.limits().budgets().values()) {
            if (fits(seal, sensed, budget.selector())) {
                lines.add("budget `" + budget.name() + "` counts it: at most " + budget.atMost() + " within "
                        + Durations.write(budget.within()) + per(budget.per()) + ", above that "
                        + then(budget.hold()));
            }
        }
        for (SealLimits.Sequence sequence : seal.limits().sequences().values()) {
            String within = Durations.write(sequence.within()) + same(sequence.same());
            if (fits(seal, sensed, sequence.after())) {
                lines.add("sequence `" + sequence.name() + "` starts with it: the second step within " + within + ": "
                        + then(sequence.hold()));
            }
            if (fits(seal, sensed, sequence.selector())) {
                lines.add("sequence `" + sequence.name() + "` ends with it: after the first step, within " + within
                        + ": " + then(sequence.hold()));
            }
        }
        return lines;
    }

    private static boolean fits(Seal seal, ResolvedAttempt sensed, ActionSelector selector) {
        return sensed.actions().stream().map(seal::classified).anyMatch(action -> fits(sensed, action, selector));
    }

    private static boolean fits(ResolvedAttempt sensed, Action action, ActionSelector selector) {
        Set<String> environments = new TreeSet<>();
        action.resources()
                .forEach(resource ->
                        environments.addAll(sensed.placement(resource).environments()));
        return selector.fits(action.operation(), action.impacts(), environments, action.facts());
    }

    private static String per(Set<GroupingKey> facets) {
        return facets.isEmpty() ? " in total" : " for each " + words(facets, " and ");
    }

    private static String same(Set<GroupingKey> facets) {
        return facets.isEmpty() ? "" : " and for the same " + words(facets, " and ");
    }

    private static String words(Set<GroupingKey> facets, String between) {
        return facets.stream().map(GroupingKey::word).collect(Collectors.joining(between));
    }

    private static String then(Optional<Obligations> hold) {
        return hold.map(obligations -> "hold " + Annotations.write(obligations)).orElse("refuse");
    }
}
