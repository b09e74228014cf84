package dev.interlock.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.exception.CacheException;
import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** A seal's permits and forbids, each evaluated without the other, so that one does not hide the other. */
public final class Apart {

    /** The ids of all permits and of all forbids that match a question. */
    public record Matched(Question question, Set<String> permitting, Set<String> forbidding) {}

    private final Seal seal;
    private final Optional<Compiled> permits;
    private final Optional<Compiled> forbids;

    Apart(Seal seal, List<Rule> rules) {
        this.seal = seal;
        this.permits = compiled(rules, true);
        this.forbids = compiled(rules, false);
    }

    /** The permits, or the forbids, compiled from their source text. */
    private static Optional<Compiled> compiled(List<Rule> rules, boolean permit) {
        StringBuilder text = new StringBuilder();
        for (Rule rule : rules) {
            if (rule.permit() == permit) {
                text.append(rule.source()).append('\n');
            }
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Compiled.of(
                    "apart",
                    List.of(new Seal.PolicyText("apart.cedar", text.toString())),
                    new BasicAuthorizationEngine()));
        } catch (CacheException | LinkageError e) {
            throw new MalformedException("Cedar does not take the policies: " + e.getMessage(), e);
        }
    }

    /** Evaluates each question about {@code sensed} that may reach a policy. */
    public List<Matched> about(Sensed sensed) {
        Seal.Agent agent =
                Objects.requireNonNull(seal.agents().get(sensed.lease().agent()));
        return Question.of(sensed.actions(), sensed).stream()
                .filter(question -> question.impact() != Impact.UNKNOWN) // refused before any policy is asked
                .map(Asked.about(seal, agent, sensed))
                .map(asked -> new Matched(asked.question(), matching(permits, asked), matching(forbids, asked)))
                .toList();
    }

    /**
     * Returns the ids of the policies that match. Evaluated without permits, matching forbids answer {@code Denied}
     * with their ids; evaluated without forbids, matching permits answer {@code Permitted}.
     */
    private static Set<String> matching(Optional<Compiled> some, Asked asked) {
        return some.map(policies -> switch (policies.ask(asked)) {
                    case Answer.Permitted permitted -> permitted.policies();
                    case Answer.Denied denied -> denied.policies();
                    case Answer.Erred _, Answer.None _ -> Set.<String>of();
                })
                .orElse(Set.of());
    }
}
