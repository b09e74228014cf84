package dev.interlock.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.ValidationResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.model.schema.Schema;
import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;

/** Rejects policies that refer to unknown names or fields, or need a quorum that cannot be met. */
final class PolicyChecks {

    private final Seal seal;
    private final CatalogFacts catalogs;
    private final Set<String> operations;
    private final Set<String> named = new TreeSet<>();
    private final List<PolicyProblem> problems = new ArrayList<>();

    private PolicyChecks(Seal seal, CatalogFacts catalogs) {
        this.seal = seal;
        this.catalogs = catalogs.of(seal);
        this.operations = this.catalogs.nameable(seal);
    }

    static List<PolicyProblem> check(Seal seal, CatalogFacts catalogs) {
        return check(seal, catalogs, CedarSchema::representativeOperations);
    }

    /** Checks like {@link #check(Seal, CatalogFacts)}; {@code looked} selects the operations that validation tries. */
    static List<PolicyProblem> check(Seal seal, CatalogFacts catalogs, BinaryOperator<Set<String>> looked) {
        ParsedPolicies book = ParsedPolicies.parse(seal.policies());
        PolicyChecks rules = new PolicyChecks(seal, catalogs);
        rules.problems.addAll(book.problems());
        for (PolicyRule rule : book.rules()) {
            rules.names(rule, rule.tree());
            rule.obligations().quorums().forEach(quorum -> rules.quorum(rule, quorum));
            rule.relaxes().forEach(id -> rules.relaxes(rule, id, book.rules()));
            rules.arguments(rule);
            RadiusRules.objection(rule).map(rule::problem).ifPresent(rules.problems::add);
        }
        if (rules.problems.isEmpty() && !book.rules().isEmpty()) {
            rules.schema(book.rules(), looked.apply(rules.operations, rules.named));
        }
        return rules.problems;
    }

    private void relaxes(PolicyRule rule, String id, List<PolicyRule> all) {
        Optional<PolicyRule> wide =
                all.stream().filter(other -> other.id().equals(id)).findFirst();
        String said = "`@relaxes(\"" + id + "\")`";
        if (wide.isEmpty()) {
            problems.add(rule.problem(said + ": there is no policy of this name"));
        } else if (wide.get().obligations().quorums().isEmpty()) {
            problems.add(rule.problem(said + ": that policy has no `@confirm`, so there is nothing to relax"));
        } else if (!wide.get().relaxes().isEmpty()) {
            problems.add(rule.problem(said + ": that policy relaxes another one itself; name that one"));
        }
    }

    private void quorum(PolicyRule rule, Quorum quorum) {
        long able = countSigners(seal, quorum.group());
        if (able < requiredSigners(seal, quorum)) {
            problems.add(rule.problem(
                    "`@confirm(\"" + quorum + "\")` can never be met: " + PersonGroups.able(seal, quorum)));
        }
    }

    /** Returns the number of signers needed. Where only one person exists, a delay stands in for the others. */
    static int requiredSigners(Seal seal, Quorum quorum) {
        return seal.approvals().solo().isPresent() ? 1 : quorum.count();
    }

    /** Where a one-time code is enough for a passkey, everybody can get one. */
    static long countSigners(Seal seal, String group) {
        return seal.people().values().stream()
                .filter(person -> person.groups().contains(group))
                .filter(person ->
                        seal.passkeys().firstByCode() || person.keys().stream().anyMatch(line -> counts(seal, line)))
                .count();
    }

    static long withHardware(Seal seal, String group) {
        return countSigners(seal.with(parts -> parts.softwareKeys = false), group);
    }

    private static boolean counts(Seal seal, String line) {
        try {
            return seal.softwareKeys() || SshPublicKey.parse(line).keyClass() == KeyClass.HARDWARE;
        } catch (MalformedException _) {
            return false;
        }
    }

    /** Checks entity names. Cedar's own validation does not know which entities exist. */
    private void names(PolicyRule rule, JsonNode tree) {
        if (tree.path("type").isTextual() && tree.path("id").isTextual()) {
            named.add(tree.path("id").asText());
            objection(tree.path("type").asText(), tree.path("id").asText())
                    .map(rule::problem)
                    .ifPresent(problems::add);
        }
        tree.forEach(child -> names(rule, child));
    }

    private Optional<String> objection(String type, String id) {
        return switch (type) {
            case "Environment" -> unless(seal.environments().keySet(), "environment", id);
            case "Agent" -> unless(seal.agents().keySet(), "agent", id);
            case "Team" -> unless(teams(), "team of an agent", id);
            case "Impact::Action" -> unless(impacts(), "impact", id);
            case "Operation::Action" -> unless(operations, "operation", id);
            case "Resource" -> resource(id);
            default ->
                Optional.of(
                        "there is no kind of entity `" + FormattedText.of(type)
                                + "`; known are `Agent`, `Team`, `Environment`, `Resource`, `Impact::Action` and `Operation::Action`");
        };
    }

    private static Optional<String> unless(Set<String> known, String kind, String id) {
        return known.contains(id)
                ? Optional.empty()
                : Optional.of("there is no " + kind + " `" + FormattedText.of(id) + "`, so it can never fire");
    }

    /** The catalogs list them. Cedar then checks that the policy asks with {@code has} before it reads one. */
    private void arguments(PolicyRule rule) {
        ArgumentReads reads = ArgumentReads.of(rule);
        if (reads.whole()) {
            problems.add(
                    rule.problem(
                            "name each argument, such as `context.argument[\"body.ref\"]`; `context.argument` and `context.counts` as a whole cannot be compared"));
        }
        if (reads.names().isEmpty()) {
            return; // most rules; to look through all operations takes long
        }
        List<Operation> covered = covered(rule.tree().path("action"));
        for (String name : reads.names()) {
            boolean known = covered.stream()
                    .anyMatch(operation ->
                            catalogs.facts(operation).orElse(Set.of()).contains(Fact.readBy(name)));
            if (!known) {
                problems.add(rule.problem("no operation that it covers has "
                        + (Fact.isCount(name)
                                ? "a quantity `" + FormattedText.of(Fact.countRead(name))
                                : "an argument `" + FormattedText.of(name))
                        + "` among its facts, so it can never fire" + alternatives(covered)));
            }
        }
    }

    private String alternatives(List<Operation> covered) {
        return covered.size() != 1
                ? ""
                : "; `" + FormattedText.of(covered.getFirst().toString()) + "` has "
                        + FactNames.listed(catalogs.facts(covered.getFirst()).orElse(Set.of()).stream()
                                .filter(fact -> fact.startsWith(Fact.ARGUMENT))
                                .map(fact -> fact.substring(Fact.ARGUMENT.length()))
                                .toList());
    }

    /** Returns the operations that the action part of a head covers; too many rather than too few. */
    private List<Operation> covered(JsonNode head) {
        Set<String> named = new TreeSet<>();
        Set<String> impacts = new TreeSet<>();
        for (JsonNode entity : head.has("entities") ? head.path("entities") : List.of(head.path("entity"))) {
            (entity.path("type").asText().equals(EntityUid.OPERATION) ? named : impacts)
                    .add(entity.path("id").asText());
        }
        boolean all = head.path("op").asText().equals("All");
        return operations.stream()
                .filter(name -> all || named.contains(name) || impacts.stream().anyMatch(word -> mayHave(name, word)))
                .map(Operation::parse)
                .toList();
    }

    private boolean mayHave(String operation, String impact) {
        return catalogs.possible(Operation.parse(operation)).stream()
                .anyMatch(possible -> possible.word().equals(impact));
    }

    private Optional<String> resource(String id) {
        try {
            return unless(
                    seal.catalogs().keySet(), "catalog", Resource.parse(id).provider());
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage() + ", so it can never fire");
        }
    }

    private Set<String> teams() {
        Set<String> teams = new TreeSet<>();
        seal.agents().values().forEach(agent -> teams.addAll(agent.teams()));
        return teams;
    }

    private static Set<String> impacts() {
        Set<String> words = new TreeSet<>();
        for (Impact impact : Impact.values()) {
            if (impact != Impact.UNKNOWN) {
                words.add(impact.word());
            }
        }
        return words;
    }

    private void schema(List<PolicyRule> rules, Set<String> looked) {
        try {
            Set<Policy> policies = new HashSet<>();
            rules.forEach(rule -> policies.add(new Policy(rule.source(), rule.id())));
            Schema schema = Schema.parse(Schema.JsonOrCedar.Cedar, CedarSchema.of(looked, ArgumentReads.names(rules)));
            ValidationResponse response =
                    new BasicAuthorizationEngine().validate(new ValidationRequest(schema, new PolicySet(policies)));
            report(rules, response);
        } catch (AuthException | RuntimeException | LinkageError e) {
            unfinished(rules, String.valueOf(e.getMessage()));
        }
    }

    private void report(List<PolicyRule> rules, ValidationResponse response) {
        if (response.success.isEmpty()) {
            unfinished(rules, "it could not be validated");
            return;
        }
        // Cedar warns of policies that never apply, or that do something else than they seem to.
        for (var found : response.success.get().validationErrors) {
            report(rules, found);
        }
        for (var found : response.success.get().validationWarnings) {
            report(rules, found);
        }
        if (problems.isEmpty() && !response.validationPassed()) {
            unfinished(rules, "it did not pass validation");
        }
    }

    private void report(List<PolicyRule> rules, ValidationResponse.ValidationError found) {
        String message = found.getError().message
                + found.getError().help.map(help -> "; " + help).orElse("");
        rules.stream()
                .filter(rule -> rule.id().equals(found.getPolicyId()))
                .map(rule -> rule.problem(FormattedText.message(message)))
                .forEach(problems::add);
    }

    private void unfinished(List<PolicyRule> rules, String why) {
        problems.add(rules.getFirst().problem("Cedar could not validate the policies: " + FormattedText.message(why)));
    }
}
