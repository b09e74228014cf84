package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.policy.Explanation.Change;
import dev.interlock.policy.Explanation.Clause;
import dev.interlock.policy.Explanation.Matching;
import dev.interlock.policy.Explanation.Part;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** Takes one decision apart by asking Cedar about each policy, and each of its conditions, alone. */
final class Explainer {

    /** How much of a condition is shown on one line. */
    private static final int MAX_CLAUSE = 160;

    /** What came of asking about one policy. */
    private enum Alone {
        FIRES,
        DOES_NOT,
        ERRS
    }

    private final Policies policies = new Policies(_ -> "");
    private final AuthorizationEngine engine = new BasicAuthorizationEngine();
    private final Seal seal;
    private final Sensed sensed;
    private final List<Rule> rules;
    private final Heads heads;

    Explainer(Seal seal, Sensed sensed) {
        this.seal = seal;
        this.sensed = sensed;
        this.rules = Rulebook.parse(seal.policies()).rules();
        this.heads = new Heads(rules);
    }

    Explanation explain() {
        Verdict verdict = policies.decide(seal, sensed);
        return new Explanation(verdict, parts(), changes(verdict), LimitWords.about(seal, sensed));
    }

    private List<Part> parts() {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        List<Action> actions = sensed.actions().stream().map(seal::classified).toList();
        Set<Question> questions = Question.of(actions, sensed);
        if (agent == null || questions.size() > Policies.MAX_QUESTIONS) {
            return List.of();
        }
        var asked = Asked.about(seal, agent, sensed);
        return questions.stream().map(asked).map(this::part).toList();
    }

    private Part part(Asked asked) {
        BitSet matching = asked.isOrdinary() ? heads.matching(asked) : all();
        List<Matching> deciding = matching.stream()
                .mapToObj(rules::get)
                .map(rule -> matching(rule, asked))
                .toList();
        return new Part(
                asked.question().operation().toString(),
                asked.question().words(),
                word(policies.ask(seal, asked)),
                deciding,
                rules.size() - deciding.size());
    }

    private BitSet all() {
        BitSet all = new BitSet();
        all.set(0, rules.size());
        return all;
    }

    private static String word(Answer answer) {
        return switch (answer) {
            case Answer.Permitted _ -> "permitted";
            case Answer.Denied denied -> denied.policies().isEmpty() ? "permitted by nobody" : "forbidden";
            case Answer.Erred _ -> "erred";
            case Answer.None _ -> "no answer";
        };
    }

    private Matching matching(Rule rule, Asked asked) {
        String result = switch (alone(new Policy(rule.source(), rule.id()), asked)) {
            case FIRES -> rule.permit() ? "permits" : "forbids";
            case DOES_NOT -> "conditions do not hold";
            case ERRS -> "erred";
        };
        return new Matching(
                rule.id(),
                rule.file() + ":" + rule.line(),
                result,
                Verdicts.words(rule.obligations()),
                clauses(rule, asked));
    }

    private List<Clause> clauses(Rule rule, Asked asked) {
        List<Clause> clauses = new ArrayList<>();
        for (JsonNode condition : rule.tree().path("conditions")) {
            clauses.add(clause(condition, asked));
        }
        return clauses;
    }

    private Clause clause(JsonNode condition, Asked asked) {
        ObjectNode alone = JsonNodeFactory.instance.objectNode().put("effect", "permit");
        for (String part : List.of("principal", "action", "resource")) {
            alone.putObject(part).put("op", "All");
        }
        alone.putArray("conditions").add(condition);
        try {
            Policy policy = Policy.fromJson("clause", alone.toString());
            String result = switch (alone(policy, asked)) {
                case FIRES -> "holds";
                case DOES_NOT -> "does not hold";
                case ERRS -> "errs";
            };
            return new Clause(text(policy.getSource(), condition.path("kind").asText()), result);
        } catch (AuthException | RuntimeException e) {
            return new Clause(condition.path("kind").asText() + " …", "errs");
        }
    }

    private static String text(String source, String kind) {
        String flat = source.replaceAll("\\s+", " ").strip();
        String text = Shown.message(
                flat.substring(Math.max(flat.indexOf(kind + " {"), 0)).replaceAll(";$", ""));
        return text.length() > MAX_CLAUSE ? text.substring(0, MAX_CLAUSE) + "…" : text;
    }

    /** Asked without the engine's cache, which keeps what it was given. */
    private Alone alone(Policy policy, Asked asked) {
        Entities entities = new Entities(asked);
        try {
            var said = engine.isAuthorized(entities.request(), new PolicySet(Set.of(policy)), entities.entities());
            if (said.success.isEmpty() || !said.success.get().getErrors().isEmpty()) {
                return Alone.ERRS;
            }
            return said.success.get().getReason().isEmpty() ? Alone.DOES_NOT : Alone.FIRES;
        } catch (AuthException | RuntimeException | LinkageError _) {
            return Alone.ERRS;
        }
    }

    private List<Change> changes(Verdict verdict) {
        List<Change> changes = new ArrayList<>();
        for (Variations.Variation variation : new Variations(seal, sensed, rules).all()) {
            Verdict other = policies.decide(variation.seal(), variation.sensed());
            if (Verdicts.kind(other) != Verdicts.kind(verdict)) {
                changes.add(new Change(variation.kind(), variation.words(), other));
            }
        }
        return changes;
    }
}
