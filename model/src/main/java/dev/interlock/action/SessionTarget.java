package dev.interlock.action;

import java.util.ArrayList;
import java.util.List;

/**
 * What earlier calls of a session have chosen, by which a call goes that names no target of its own.
 *
 * @param session stands for the session
 * @param chosen says how often they have chosen
 * @param calls these calls with their arguments, oldest first; of many, the last ones
 */
public record SessionTarget(String session, String chosen, List<String> calls) {

    public SessionTarget {
        calls = List.copyOf(calls);
    }

    /** Returns {@code action} with what it goes by. A signature for it counts for nothing else. */
    public Action of(Action action) {
        List<Fact> facts = new ArrayList<>(action.facts());
        facts.add(new Fact("session", session, Provenance.RESOLVED));
        facts.add(new Fact("target", chosen, Provenance.RESOLVED));
        calls.forEach(call -> facts.add(new Fact("target", call, Provenance.RESOLVED, true)));
        return action.withFacts(facts);
    }
}
