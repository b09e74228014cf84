package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks the texts with which conditions of a new seal compare a trait that has few possible values: a forbid of
 * {@code context.environment == "prodution"} is valid to Cedar, and protects nothing.
 */
final class ComparedTextRules {

    private static final Set<String> COMPARING = Set.of("==", "!=", "contains", "containsAll", "containsAny");

    private final Seal seal;
    private final List<PolicyProblem> problems = new ArrayList<>();

    private ComparedTextRules(Seal seal) {
        this.seal = seal;
    }

    static List<PolicyProblem> check(Seal draft) {
        ComparedTextRules rules = new ComparedTextRules(draft);
        for (PolicyRule rule : ParsedPolicies.parse(draft.policies()).rules()) {
            rules.look(rule, rule.tree().path("conditions"));
        }
        return rules.problems;
    }

    private void look(PolicyRule rule, JsonNode expression) {
        expression.properties().stream()
                .filter(node -> COMPARING.contains(node.getKey()))
                .forEach(node -> {
                    compare(rule, node.getValue().path("left"), node.getValue().path("right"));
                    compare(rule, node.getValue().path("right"), node.getValue().path("left"));
                });
        expression.forEach(part -> look(rule, part));
    }

    private void compare(PolicyRule rule, JsonNode read, JsonNode words) {
        TraitAnalysis.path(read)
                .map(Trait::at)
                .filter(traits -> traits.size() == 1)
                .ifPresent(traits -> {
                    Trait trait = traits.iterator().next();
                    Set<String> known = known(trait);
                    if (!known.isEmpty()) {
                        texts(words)
                                .filter(word -> !known.contains(word))
                                .map(word -> rule.problem("`" + trait.words() + "` is never `" + FormattedText.of(word)
                                        + "`, so the comparison has no effect: remove it from the condition, or write one of "
                                        + known.stream()
                                                .map(one -> "`" + FormattedText.of(one) + "`")
                                                .collect(Collectors.joining(", "))))
                                .forEach(problems::add);
                    }
                });
    }

    /** Returns the possible values of {@code trait}; empty if it may have any value. */
    private Set<String> known(Trait trait) {
        return new TreeSet<>(
                switch (trait) {
                    case IN_ENVIRONMENT, LEASE_ENVIRONMENTS, RADIUS_ENVIRONMENTS ->
                        seal.environments().keySet();
                    case UPSTREAM -> seal.upstreams().keySet();
                    case PROVIDER -> seal.catalogs().keySet();
                    case OWNER, LEASE_PERSON -> seal.people().keySet();
                    case LEASE_AGENT -> seal.agents().keySet();
                    case LEASE_TEMPLATE -> seal.tasks().keySet();
                    case LEASE_IMPACTS ->
                        Stream.of(Impact.values()).map(Impact::word).collect(Collectors.toSet());
                    case REVERSIBILITY ->
                        Stream.of(Reversibility.values())
                                .map(Reversibility::word)
                                .collect(Collectors.toSet());
                    case AGENT,
                            TEAMS,
                            OPERATION,
                            IMPACT,
                            RESOURCE,
                            ENVIRONMENT,
                            GROUPS,
                            KIND,
                            KNOWN,
                            PROTECTED,
                            ARGUMENTS,
                            LEASE_ID,
                            LEASE_TASK,
                            LEASE_NAMES_ENVIRONMENT,
                            LEASE_NARROWED,
                            RADIUS_LOST,
                            RADIUS_LOST_BACKUPS,
                            RADIUS_UNSAVED -> Set.of();
                });
    }

    private static Stream<String> texts(JsonNode words) {
        if (words.has("Value")) {
            JsonNode value = words.path("Value");
            return (value.isArray() ? value.valueStream() : Stream.of(value))
                    .filter(JsonNode::isTextual)
                    .map(JsonNode::asText);
        }
        return words.path("Set").valueStream().flatMap(ComparedTextRules::texts);
    }
}
