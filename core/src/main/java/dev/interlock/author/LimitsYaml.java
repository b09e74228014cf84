package dev.interlock.author;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.SealLimits.Sequence;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code budgets} and {@code sequences} of {@code interlock.yaml}. */
final class LimitsYaml {

    private LimitsYaml() {}

    static SealLimits read(YamlSection root) {
        Map<String, Budget> budgets = new LinkedHashMap<>();
        root.named("budgets").forEach((name, sheet) -> {
            budgets.put(
                    name,
                    new Budget(
                            name,
                            facets(sheet, "per"),
                            selector(sheet),
                            sheet.count("at-most"),
                            sheet.duration("within"),
                            hold(sheet)));
            sheet.end();
        });
        Map<String, Sequence> sequences = new LinkedHashMap<>();
        root.named("sequences").forEach((name, sheet) -> {
            YamlSection before = sheet.sheet("after");
            ActionSelector after = selector(before);
            before.end();
            sequences.put(
                    name,
                    new Sequence(
                            name,
                            after,
                            selector(sheet),
                            facets(sheet, "same"),
                            sheet.duration("within"),
                            hold(sheet)));
            sheet.end();
        });
        return new SealLimits(budgets, sequences);
    }

    private static Set<GroupingKey> facets(YamlSection sheet, String name) {
        return new TreeSet<>(sheet.values(name, GroupingKey::of));
    }

    /** Reads a selector. An empty one is rejected, because it would count every read. */
    private static ActionSelector selector(YamlSection sheet) {
        ActionSelector selector = new ActionSelector(
                new TreeSet<>(sheet.values("impacts", Impact::of)),
                Set.copyOf(sheet.values("operations", Operation::parse)),
                new TreeSet<>(sheet.optionalTexts("environments")),
                sheet.optionalSheet("facts").map(YamlSection::allTexts).orElse(Map.of()));
        if (selector.impacts().isEmpty() && selector.operations().isEmpty()) {
            throw sheet.problem("name `impacts` or `operations`, or both");
        }
        return selector;
    }

    private static Optional<Obligations> hold(YamlSection sheet) {
        boolean holds = sheet.optionalText("then").isPresent() && sheet.value("then", LimitsYaml::holds);
        Obligations obligations = new Obligations(
                new TreeSet<>(sheet.values("confirm", Obligations.Quorum::parse)),
                sheet.find("cooldown").isPresent() ? sheet.duration("cooldown") : Duration.ZERO,
                Optional.empty(),
                OptionalLong.empty(),
                sheet.flag("type-name", false),
                sheet.flag("other", false));
        if (holds == obligations.quorums().isEmpty()) {
            throw sheet.problem(
                    holds
                            ? "`then: hold` needs somebody who confirms; add `confirm: [1 of owners]`"
                            : "`confirm` needs `then: hold`; without it nobody is asked");
        }
        if (!holds && !obligations.isEmpty()) {
            throw sheet.problem("`cooldown`, `type-name` and `other` need `then: hold`");
        }
        return holds ? Optional.of(obligations) : Optional.empty();
    }

    private static boolean holds(String word) {
        return switch (word) {
            case "hold" -> true;
            case "refuse" -> false;
            default -> throw new IllegalArgumentException("write `refuse` or `hold`");
        };
    }
}
