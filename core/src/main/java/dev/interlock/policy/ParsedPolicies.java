package dev.interlock.policy;

import com.cedarpolicy.model.Effect;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Seal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Every policy of a seal, parsed, with the problems of those that could not be parsed. */
record ParsedPolicies(List<PolicyRule> rules, List<PolicyProblem> problems) {

    ParsedPolicies {
        rules = List.copyOf(rules);
        problems = List.copyOf(problems);
    }

    static ParsedPolicies parse(List<Seal.PolicyText> texts) {
        List<PolicyRule> rules = new ArrayList<>();
        List<PolicyProblem> problems = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Seal.PolicyText text : texts) {
            for (PolicyRule rule : new PolicyFileReader(text, problems).rules()) {
                if (!ids.add(rule.id())) {
                    problems.add(rule.problem("another policy has this `@id`; give it one of its own"));
                }
                rules.add(rule);
            }
        }
        return new ParsedPolicies(rules, problems);
    }

    private static final class PolicyFileReader {

        private final ObjectMapper json = new ObjectMapper();
        private final Seal.PolicyText text;
        private final List<PolicyProblem> problems;
        private int searched;

        PolicyFileReader(Seal.PolicyText text, List<PolicyProblem> problems) {
            this.text = text;
            this.problems = problems;
        }

        List<PolicyRule> rules() {
            List<PolicyRule> rules = new ArrayList<>();
            PolicySet set = policies();
            for (Policy policy : inOrder(set)) {
                int line = line(policy);
                try {
                    if (set.templates.contains(policy)) {
                        throw new IllegalArgumentException(
                                "templates are not supported; write the principal and the resource");
                    }
                    rules.add(rule(policy, line));
                } catch (IllegalArgumentException e) {
                    problems.add(new PolicyProblem(text.file(), line, String.valueOf(e.getMessage())));
                } catch (AuthException | JsonProcessingException e) {
                    problems.add(new PolicyProblem(
                            text.file(), line, "Cedar cannot read this policy: " + FormattedText.message(message(e))));
                }
            }
            return rules;
        }

        private PolicySet policies() {
            try {
                return PolicySet.parsePolicies(text.text());
            } catch (AuthException e) {
                problems.add(CedarSyntax.problem(text.file(), text.text(), message(e)));
                return new PolicySet();
            }
        }

        /** Returns policies and templates. Cedar numbers them in the order of the file, from `policy0`. */
        private static List<Policy> inOrder(PolicySet set) {
            return Stream.concat(set.policies.stream(), set.templates.stream())
                    .sorted(Comparator.comparingInt(
                            p -> Integer.parseInt(p.getID().replaceAll("\\D", ""))))
                    .toList();
        }

        private PolicyRule rule(Policy policy, int line) throws AuthException, JsonProcessingException {
            boolean permit = policy.effect() == Effect.PERMIT;
            Annotations annotations = Annotations.read(policy.getAnnotations(), permit);
            return new PolicyRule(
                    annotations.id(),
                    text.file(),
                    line,
                    permit,
                    annotations.obligations(),
                    new PolicyRule.CedarSource(policy.getSource(), json.readTree(policy.toJson())));
        }

        private int line(Policy policy) {
            int at = text.text().indexOf(policy.getSource(), searched);
            if (at < 0) {
                return 1;
            }
            searched = at + 1;
            return 1
                    + (int) text.text()
                            .substring(0, at)
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
        }

        private static String message(Exception e) {
            String message = e.getMessage() == null ? "" : e.getMessage();
            return message.replace("Internal error: ", "").replace("Internal JNI Error: ", "");
        }
    }
}
