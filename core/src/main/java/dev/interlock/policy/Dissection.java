package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import java.util.List;
import java.util.Set;

/**
 * A seal's policies taken apart, for those who tell authors what they wrote: which there are, what they read and name,
 * and what becomes of each, and of each condition, alone. It decides about nothing: that is {@link Policies}.
 */
public final class Dissection {

    /** What came of asking about one policy, or one condition of it, alone. */
    public enum Alone {
        FIRES,
        DOES_NOT,
        ERRS
    }

    /**
     * One {@code when} or {@code unless}.
     *
     * @param text as Cedar writes it, on one line
     */
    public record Condition(String text, Alone alone) {}

    /** A policy whose head matches. */
    public record Matching(Rule rule, Alone alone, List<Condition> conditions) {
        public Matching {
            conditions = List.copyOf(conditions);
        }
    }

    /** A question, what it was answered, and each policy whose head it matches. */
    public record Heard(Question question, Answer answer, List<Matching> matching) {
        public Heard {
            matching = List.copyOf(matching);
        }
    }

    private final Seal seal;
    private final List<Rule> rules;

    private Dissection(Seal seal, List<Rule> rules) {
        this.seal = seal;
        this.rules = rules;
    }

    /** Of the policies of {@code seal} that can be read. */
    public static Dissection of(Seal seal) {
        return new Dissection(seal, Rulebook.parse(seal.policies()).rules());
    }

    /** Each policy, in the order of the files. */
    public List<Rule> rules() {
        return rules;
    }

    /** The resources that policies name, in heads and conditions alike. */
    public Set<Resource> resources() {
        return Names.resources(rules);
    }

    /**
     * The texts that conditions compare something with, as far as they could be kinds of resources; for a pattern, one
     * that fits it.
     */
    public Set<String> texts() {
        return Names.texts(rules);
    }

    /** Whether a condition compares a text with a pattern: of all that fit, {@link #texts} has one. */
    public boolean hasPatterns() {
        return Names.havePatterns(rules);
    }

    /** Whether what resources lie in makes a difference to a policy. */
    public boolean readsGroups() {
        return Names.readGroups(rules);
    }

    /** The same policies, permits and forbids apart. */
    public Apart apart() {
        return new Apart(seal, rules);
    }

    /**
     * Every question that {@code policies} asks about {@code sensed}; none where it would ask nothing.
     *
     * @param policies asked for the answers, so that they are those of its decision
     */
    public List<Heard> heard(Policies policies, Sensed sensed) {
        Seal.Agent agent = seal.agents().get(sensed.lease().agent());
        List<Action> actions = sensed.actions().stream().map(seal::classified).toList();
        Set<Question> questions = Question.of(actions, sensed);
        if (agent == null || questions.size() > Policies.MAX_QUESTIONS) {
            return List.of();
        }
        Conditions conditions = new Conditions(rules);
        return questions.stream()
                .map(Asked.about(seal, agent, sensed))
                .map(asked -> new Heard(asked.question(), policies.ask(seal, asked), conditions.matching(asked)))
                .toList();
    }
}
