package dev.interlock.policy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Rejects budgets and sequences that refer to unknown names, or need a quorum that cannot be met. */
final class LimitRules {

    /** A larger budget limits nothing, and its events would take long to count. */
    private static final long MAX_BUDGET = 100_000;

    private final Seal seal;
    private final CatalogFacts catalogs;
    private final List<SealIssue> issues = new ArrayList<>();

    private LimitRules(Seal seal, CatalogFacts catalogs) {
        this.seal = seal;
        this.catalogs = catalogs;
    }

    static List<SealIssue> check(Seal seal, CatalogFacts catalogs) {
        LimitRules rules = new LimitRules(seal, catalogs);
        seal.limits().budgets().values().forEach(rules::budget);
        seal.limits().sequences().values().forEach(rules::sequence);
        return rules.issues;
    }

    private void budget(SealLimits.Budget budget) {
        String path = "budgets > " + budget.name();
        common(path, budget.selector(), budget.within(), budget.hold());
        if (budget.atMost() < 1 || budget.atMost() > MAX_BUDGET) {
            issue(
                    path + " > at-most",
                    "a budget must be between 1 and " + MAX_BUDGET + "; to permit nothing at all, write a `forbid`");
        }
    }

    private void sequence(SealLimits.Sequence sequence) {
        String path = "sequences > " + sequence.name();
        common(path, sequence.selector(), sequence.within(), sequence.hold());
        selector(path + " > after", sequence.after());
    }

    private void common(String path, ActionSelector selector, Duration within, Optional<Obligations> hold) {
        if (!SealRules.isName(path.substring(path.lastIndexOf(' ') + 1))) {
            issue(path, "name it in lower-case letters, digits and `._-`");
        }
        selector(path, selector);
        if (!within.isPositive() || within.compareTo(SealLimits.MAX_WITHIN) > 0) {
            issue(path + " > within", "a window is at most " + SealLimits.MAX_WITHIN.toDays() + " days");
        }
        hold.map(Obligations::quorums).orElse(Set.of()).forEach(quorum -> quorum(path, quorum));
        if (hold.filter(asked -> asked.backup().isPresent() || asked.rows().isPresent())
                .isPresent()) {
            issue(path, "a limit cannot ask for a backup or for rows");
        }
    }

    private void quorum(String path, Obligations.Quorum quorum) {
        long able = PolicyChecks.countSigners(seal, quorum.group());
        if (able < PolicyChecks.requiredSigners(seal, quorum)) {
            issue(path + " > confirm", "`" + quorum + "` can never be met: " + PersonGroups.able(seal, quorum));
        }
    }

    private boolean areCatalogsKnown() {
        return seal.upstreams().values().stream().allMatch(upstream -> UpstreamRules.isKnown(upstream, catalogs));
    }

    private void selector(String path, ActionSelector selector) {
        issues.addAll(SealRules.noUnknownImpact(path + " > impacts", selector.impacts()));
        issues.addAll(SealIssue.unknown(
                path + " > environments",
                selector.environments(),
                seal.environments().keySet()));
        for (Operation operation : selector.operations()) {
            Set<Impact> possible = seal.classify().getOrDefault(operation, catalogs.possible(operation));
            if (!seal.catalogs().containsKey(operation.provider()) || possible.isEmpty()) {
                // What follows from a catalog that does not exist is not told beside it.
                if (areCatalogsKnown()) {
                    issue(
                            path + " > operations",
                            "there is no operation `" + FormattedText.of(operation.toString())
                                    + "`, so it can never fire");
                }
            } else if (!selector.impacts().isEmpty()
                    && selector.impacts().stream().noneMatch(possible::contains)) {
                issue(
                        path + " > operations",
                        "`" + operation + "` has none of the `impacts` here, so it can never fire");
            } else {
                facts(path + " > facts", operation, selector.facts().keySet());
            }
        }
        if (selector.operations().isEmpty() && !selector.facts().isEmpty()) {
            issue(path + " > facts", "name the `operations` that have these facts");
        }
    }

    /** An action that lacks one of the facts never counts. */
    private void facts(String path, Operation operation, Set<String> names) {
        catalogs.facts(operation)
                .ifPresent(_ -> names.stream()
                        .flatMap(name -> FactNames.objection(catalogs, operation, name).stream())
                        .forEach(objection -> issue(path, objection)));
    }

    private void issue(String path, String message) {
        issues.add(new SealIssue(path, message));
    }
}
