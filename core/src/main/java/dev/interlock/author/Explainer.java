package dev.interlock.author;

import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.author.Explanation.Change;
import dev.interlock.author.Explanation.Clause;
import dev.interlock.author.Explanation.Matching;
import dev.interlock.author.Explanation.Part;
import dev.interlock.policy.Answer;
import dev.interlock.policy.Dissection;
import dev.interlock.policy.Policies;
import dev.interlock.policy.Rule;
import java.util.ArrayList;
import java.util.List;

/**
 * Explains one decision: the effect of each policy and each condition by itself, and the changes that would alter the
 * verdict.
 */
final class Explainer {

    private final Policies policies = new Policies(_ -> "");
    private final Seal seal;
    private final Sensed sensed;
    private final Dissection dissection;

    Explainer(Seal seal, Sensed sensed) {
        this.seal = seal;
        this.sensed = sensed;
        this.dissection = Dissection.of(seal);
    }

    Explanation explain() {
        Verdict verdict = policies.decide(seal, sensed);
        return new Explanation(verdict, parts(), changes(verdict), LimitWords.about(seal, sensed));
    }

    private List<Part> parts() {
        return dissection.heard(policies, sensed).stream().map(this::part).toList();
    }

    private Part part(Dissection.Heard heard) {
        List<Matching> deciding =
                heard.matching().stream().map(Explainer::matching).toList();
        return new Part(
                heard.question().operation().toString(),
                heard.question().words(),
                word(heard.answer()),
                deciding,
                dissection.rules().size() - deciding.size());
    }

    private static String word(Answer answer) {
        return switch (answer) {
            case Answer.Permitted _ -> "permitted";
            case Answer.Denied denied -> denied.policies().isEmpty() ? "permitted by nobody" : "forbidden";
            case Answer.Erred _ -> "erred";
            case Answer.None _ -> "no answer";
        };
    }

    private static Matching matching(Dissection.Matching matching) {
        Rule rule = matching.rule();
        String result = switch (matching.alone()) {
            case FIRES -> rule.permit() ? "permits" : "forbids";
            case DOES_NOT -> "conditions do not hold";
            case ERRS -> "erred";
        };
        return new Matching(
                rule.id(),
                rule.file() + ":" + rule.line(),
                result,
                Verdicts.words(rule.obligations()),
                matching.conditions().stream().map(Explainer::clause).toList());
    }

    private static Clause clause(Dissection.Condition condition) {
        String result = switch (condition.alone()) {
            case FIRES -> "holds";
            case DOES_NOT -> "does not hold";
            case ERRS -> "errs";
        };
        return new Clause(condition.text(), result);
    }

    private List<Change> changes(Verdict verdict) {
        List<Change> changes = new ArrayList<>();
        for (Variations.Variation variation : new Variations(seal, sensed, dissection).all()) {
            Verdict other = policies.decide(variation.seal(), variation.sensed());
            if (Verdicts.kind(other) != Verdicts.kind(verdict)) {
                changes.add(new Change(variation.kind(), variation.words(), other));
            }
        }
        return changes;
    }
}
