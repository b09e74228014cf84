package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads and checks seals that are not in force: drafts and past seals. */
public final class DraftSeals {

    private DraftSeals() {}

    /** Returns the mistakes of {@code draft}, apart from its policies. */
    public static List<SealIssue> issues(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(SealRules.check(draft, catalogs).stream(), attesterIssues(draft).stream())
                .toList();
    }

    public static List<PolicyProblem> problems(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(PolicyChecks.check(draft, catalogs).stream(), ComparedTextRules.check(draft).stream())
                .toList();
    }

    public static byte[] payload(Seal draft) {
        return SealJson.write(draft);
    }

    public static Seal past(String id, byte[] payload) {
        Seal seal = read(payload);
        if (!seal.id().equals(id)) {
            throw new MalformedException("this is not the seal `" + id + "`");
        }
        return seal;
    }

    /** Reads a payload as the gateway would. */
    public static Seal read(byte[] payload) {
        return SealJson.read(payload);
    }

    /**
     * An attester's key lies without a passphrase on the machine of the backups: if it were a person's too, whoever
     * controls that machine could sign as the person. A seal in force is not checked.
     */
    private static List<SealIssue> attesterIssues(Seal draft) {
        Map<SshPublicKey, String> people = new HashMap<>();
        draft.people().values().forEach(person -> person.keys().forEach(line -> put(people, line, person.name())));
        List<SealIssue> issues = new ArrayList<>();
        for (String line : draft.backups().attesters()) {
            Map<SshPublicKey, String> attester = new HashMap<>();
            put(attester, line, "");
            attester.keySet().stream()
                    .filter(people::containsKey)
                    .forEach(key -> issues.add(new SealIssue(
                            "backups > attesters",
                            "`" + FormattedText.of(line) + "` is the key of `" + people.get(key)
                                    + "`; create a separate key for the machine that verifies backups")));
        }
        return issues;
    }

    private static void put(Map<SshPublicKey, String> keys, String line, String owner) {
        try {
            keys.put(SshPublicKey.parse(line), owner);
        } catch (MalformedException e) {
            // Not a key, so it belongs to nobody.
        }
    }

    /**
     * Checks the texts with which conditions of a new seal compare a trait that has few possible values: a forbid of
     * {@code context.environment == "prodution"} is valid to Cedar, and protects nothing.
     */
    static final class ComparedTextRules {

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
                        compare(
                                rule,
                                node.getValue().path("left"),
                                node.getValue().path("right"));
                        compare(
                                rule,
                                node.getValue().path("right"),
                                node.getValue().path("left"));
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
                                    .map(word ->
                                            rule.problem("`" + trait.words() + "` is never `" + FormattedText.of(word)
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
                                COUNTS,
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
}
