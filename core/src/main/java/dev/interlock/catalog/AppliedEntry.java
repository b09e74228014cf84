package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SealedBots;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;

/**
 * A catalog entry applied to the arguments of one request.
 *
 * @param rules the rules of the entry that apply to these arguments
 * @param told what the provider has said that decides about rules
 */
record AppliedEntry(
        CatalogEntry entry, Map<String, Value> arguments, List<CatalogEntry.ArgumentRule> rules, List<Fact> told) {

    /**
     * Maximum resources that one call may name. Each is found in the inventory, placed and judged. An agent that means
     * more should say that it means all of them.
     */
    static final int MAX_RESOURCES = 1_000;

    private static final Pattern IDENTIFIER = Pattern.compile("[\\x21-\\x7e]{1,200}");

    static AppliedEntry of(CatalogEntry entry, Map<String, Value> arguments) {
        return new AppliedEntry(
                entry,
                arguments,
                entry.rules().stream()
                        .filter(rule -> rule.condition().holds(arguments))
                        .toList(),
                List.of());
    }

    /**
     * Returns it with the rules that apply by what the seal says of bots, and without those that {@code answers} lift,
     * for a call that acts on {@code touched}.
     */
    AppliedEntry settled(Set<Resource> touched, ProviderAnswers answers) {
        List<CatalogEntry.ArgumentRule> applying = applying(touched, answers.bots());
        if (applying.equals(rules)
                && rules.stream().allMatch(rule -> rule.unless().isEmpty())) {
            return this;
        }
        return new AppliedEntry(
                entry,
                arguments,
                applying.stream()
                        .filter(rule -> rule.unless()
                                .filter(unless -> unless.isLifted(arguments, touched, answers))
                                .isEmpty())
                        .toList(),
                applying.stream()
                        .flatMap(rule -> rule.unless().stream())
                        .flatMap(unless -> unless.told(arguments, touched, answers))
                        .distinct()
                        .toList());
    }

    private List<CatalogEntry.ArgumentRule> applying(Set<Resource> touched, SealedBots bots) {
        if (bots.equals(SealedBots.UNSAID)) {
            return rules;
        }
        boolean areAbsent = bots.areAbsentFrom(touched);
        return entry.rules().stream()
                .filter(rule -> rule.condition().isOfTexts()
                        ? !areAbsent && rule.condition().holds(arguments, bots)
                        : rules.contains(rule))
                .toList();
    }

    Set<Impact> impacts() {
        Set<Impact> impacts = EnumSet.copyOf(entry.impacts());
        rules.forEach(rule -> impacts.addAll(rule.impacts()));
        return impacts;
    }

    Reversibility reversibility() {
        return rules.stream()
                .map(CatalogEntry.ArgumentRule::reversibility)
                .reduce(entry.reversibility(), BinaryOperator.maxBy(Comparator.naturalOrder()));
    }

    /**
     * Returns the resources that the arguments name; empty if they name none. The first part of each is
     * {@code provider}.
     */
    Set<Resource> resources(String provider) {
        Set<Resource> resources = named(provider, entry.resources());
        return resources.isEmpty() ? named(provider, entry.otherwise()) : resources;
    }

    /** Returns the resources that the arguments name and that lose nothing by the operation. */
    Set<Resource> unharmedResources(String provider) {
        return named(provider, entry.besides());
    }

    private Set<Resource> named(String provider, Map<ArgumentPath, ResourceNaming> paths) {
        Set<Resource> resources = new TreeSet<>();
        paths.forEach((path, naming) -> {
            for (Value value : path.each(arguments)) {
                if (!(value instanceof Value.NullLiteral)) {
                    naming.resource(provider, identifier(value, path.toString()), arguments)
                            .ifPresent(resources::add);
                    requireFew(resources.size());
                }
            }
        });
        return resources;
    }

    /** Refuses a call that names more than {@link #MAX_RESOURCES}. */
    static void requireFew(int resources) {
        if (resources > MAX_RESOURCES) {
            throw new UnreadableException(CatalogRefusals.TOO_MANY_RESOURCES, MAX_RESOURCES);
        }
    }

    /** Returns {@code value} as a part of a resource's name. People and policies compare it as text. */
    static String identifier(Value value, String where) {
        return value.scalar()
                .filter(id -> IDENTIFIER.matcher(id).matches())
                .orElseThrow(() -> new UnreadableException(CatalogRefusals.NO_IDENTIFIER, where));
    }
}
