package dev.interlock.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.DetailedError;
import com.cedarpolicy.model.Effect;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.model.schema.Schema;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Seal;
import dev.interlock.config.FilePosition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
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
                    annotations.relaxes(),
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

    /**
     * Finds where a text is not Cedar. Cedar says so only of a text that should be one policy, and in bytes. So the
     * policies before the mistake are replaced by spaces, one after the other.
     */
    static final class CedarSyntax {

        private static final Schema ANY =
                new Schema(Schema.JsonOrCedar.Cedar, Optional.empty(), Optional.of("entity Any;"));

        private final String file;
        private final byte[] text;

        private CedarSyntax(String file, String text) {
            this.file = file;
            this.text = text.getBytes(StandardCharsets.UTF_8);
        }

        static PolicyProblem problem(String file, String text, String why) {
            CedarSyntax syntax = new CedarSyntax(file, text);
            return syntax.mistake(why)
                    .map(error -> new PolicyProblem(syntax.position(start(error)), unread(why) + hint(error)))
                    .orElseGet(() -> new PolicyProblem(file, 0, unread(why)));
        }

        /** Returns the mistake that stopped Cedar for the reason {@code why}, so that both belong together. */
        private Optional<DetailedError> mistake(String why) {
            int from = 0;
            Optional<DetailedError> error = error(from, text.length);
            while (error.isPresent() && start(error.get()) > from && countPolicies(from, start(error.get())) > 0) {
                from = start(error.get()); // here the next policy begins
                error = error(from, text.length);
            }
            // A mistake can hide behind the begin of the next policy, where one alone would have to end.
            int begin = from;
            return error.filter(one -> start(one) > begin)
                    .flatMap(one -> error(begin, start(one)))
                    .filter(one -> tells(one, why))
                    .or(() -> error(begin, text.length).filter(one -> tells(one, why)));
        }

        private static boolean tells(DetailedError error, String why) {
            return error.message.endsWith(why) && start(error) >= 0;
        }

        private static String unread(String why) {
            return "Cedar cannot read this file: " + FormattedText.message(why);
        }

        private static String hint(DetailedError error) {
            return error.sourceLocations.stream()
                    .flatMap(place -> place.label.stream())
                    .findFirst()
                    .or(() -> error.help)
                    .map(hint -> "; " + FormattedText.message(hint))
                    .orElse("");
        }

        private Optional<DetailedError> error(int from, int to) {
            PolicySet one = new PolicySet(Set.of(new Policy(part(from, to), "policy")));
            try {
                return new BasicAuthorizationEngine()
                        .validate(new ValidationRequest(ANY, one))
                        .errors
                        .flatMap(errors -> errors.stream().findFirst());
            } catch (AuthException _) {
                return Optional.empty(); // the mistake is then reported without its position
            }
        }

        private int countPolicies(int from, int to) {
            try {
                PolicySet parsed = PolicySet.parsePolicies(part(from, to));
                return parsed.policies.size() + parsed.getNumTemplates();
            } catch (AuthException _) {
                return 0;
            }
        }

        private String part(int from, int to) {
            byte[] part = Arrays.copyOf(text, to);
            Arrays.fill(part, 0, from, (byte) ' ');
            return new String(part, StandardCharsets.UTF_8);
        }

        private static int start(DetailedError error) {
            return error.sourceLocations.isEmpty() ? -1 : error.sourceLocations.getFirst().start;
        }

        private FilePosition position(int at) {
            String before = new String(text, 0, Math.min(at, text.length), StandardCharsets.UTF_8);
            int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
            String column = before.substring(before.lastIndexOf('\n') + 1);
            return new FilePosition(file, line, 1 + column.codePointCount(0, column.length()));
        }
    }
}
