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

/** Every policy of a seal, parsed, with the problems of those that could not be parsed. */
record Rulebook(List<Rule> rules, List<Problem> problems) {

    Rulebook {
        rules = List.copyOf(rules);
        problems = List.copyOf(problems);
    }

    static Rulebook parse(List<Seal.PolicyText> texts) {
        List<Rule> rules = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Seal.PolicyText text : texts) {
            for (Rule rule : new Reading(text, problems).rules()) {
                if (!ids.add(rule.id())) {
                    problems.add(rule.problem("another policy has this `@id`; give it one of its own"));
                }
                rules.add(rule);
            }
        }
        return new Rulebook(rules, problems);
    }

    /** Reads one file. */
    private static final class Reading {

        private final ObjectMapper json = new ObjectMapper();
        private final Seal.PolicyText text;
        private final List<Problem> problems;
        private int searched;

        Reading(Seal.PolicyText text, List<Problem> problems) {
            this.text = text;
            this.problems = problems;
        }

        List<Rule> rules() {
            List<Rule> rules = new ArrayList<>();
            for (Policy policy : policies()) {
                int line = line(policy);
                try {
                    rules.add(rule(policy, line));
                } catch (IllegalArgumentException e) {
                    problems.add(new Problem(text.file(), line, String.valueOf(e.getMessage())));
                } catch (AuthException | JsonProcessingException e) {
                    problems.add(new Problem(text.file(), line, "Cedar cannot read this policy: " + message(e)));
                }
            }
            return rules;
        }

        private List<Policy> policies() {
            try {
                PolicySet set = PolicySet.parsePolicies(text.text());
                if (set.getNumTemplates() > 0) {
                    problems.add(
                            new Problem(text.file(), 1, "templates are not used; write the principal and resource"));
                }
                List<Policy> policies = new ArrayList<>(set.policies);
                // Cedar numbers policies in the order of the file, from `policy0`.
                policies.sort(
                        Comparator.comparingInt(p -> Integer.parseInt(p.getID().replaceAll("\\D", ""))));
                return policies;
            } catch (AuthException e) {
                problems.add(new Problem(text.file(), 0, "Cedar cannot read this file: " + message(e)));
                return List.of();
            }
        }

        private Rule rule(Policy policy, int line) throws AuthException, JsonProcessingException {
            boolean permit = policy.effect() == Effect.PERMIT;
            Annotations annotations = Annotations.read(policy.getAnnotations(), permit);
            return new Rule(
                    annotations.id(),
                    text.file(),
                    line,
                    permit,
                    annotations.obligations(),
                    new Rule.Cedar(policy.getSource(), json.readTree(policy.toJson())));
        }

        /** Returns the line of {@code policy}. Cedar preserves a policy's text as it is in the file. */
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
            return Shown.message(message.replace("Internal error: ", "").replace("Internal JNI Error: ", ""));
        }
    }
}
