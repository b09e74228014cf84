package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Obligations;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One Cedar policy.
 *
 * @param permit whether it permits; otherwise it forbids
 * @param obligations the obligations that must be met before a permitted attempt may proceed
 */
public record PolicyRule(String id, String file, int line, boolean permit, Obligations obligations, CedarSource cedar) {

    record CedarSource(String source, JsonNode tree) {}

    /** Returns its text, as it is in the file. */
    public String source() {
        return cedar.source();
    }

    JsonNode tree() {
        return cedar.tree();
    }

    /** Returns the traits that its conditions read; possibly more than that where a condition is not understood. */
    public Set<Trait> reads() {
        return TraitAnalysis.of(this);
    }

    /** Returns whether it depends on the groups that resources lie in. */
    public boolean readsGroups() {
        return NamedEntities.readGroups(List.of(this));
    }

    Set<String> unclear(PolicyRequest asked) {
        Set<String> unclear = new TreeSet<>(asked.question().arguments().unclear());
        if (!unclear.isEmpty()) {
            unclear.retainAll(ArgumentReads.of(this).names());
        }
        return unclear;
    }

    /** Returns a problem at this policy, for its author to correct. */
    public PolicyProblem problem(String message) {
        return new PolicyProblem(file, line, "policy `" + id + "`: " + message);
    }
}
