package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One Cedar policy.
 *
 * @param permit whether it permits; otherwise it forbids
 * @param obligations the obligations that must be met before a permitted attempt may proceed
 * @param relaxes the permits whose obligations are left out where this one matches too
 */
public record PolicyRule(
        String id,
        String file,
        int line,
        boolean permit,
        Obligations obligations,
        Set<String> relaxes,
        CedarSource cedar) {

    record CedarSource(String source, JsonNode tree) {}

    /** Returns its text, as it is in the file. */
    public String source() {
        return cedar.source();
    }

    JsonNode tree() {
        return cedar.tree();
    }

    /** Returns the obligations of all of {@code permitting}, which match together, without those that one relaxes. */
    public static Obligations united(Collection<PolicyRule> permitting) {
        Set<String> relaxed =
                permitting.stream().flatMap(rule -> rule.relaxes().stream()).collect(Collectors.toSet());
        return permitting.stream()
                .filter(rule -> !relaxed.contains(rule.id()))
                .map(PolicyRule::obligations)
                .reduce(Obligations.NONE, Obligations::and);
    }

    /** Returns in words what the policies of {@code seal} relax. */
    public static List<String> relaxations(Seal seal) {
        List<PolicyRule> rules = ParsedPolicies.parse(seal.policies()).rules();
        return rules.stream()
                .flatMap(narrow -> narrow.relaxes().stream()
                        .flatMap(id -> rules.stream().filter(wide -> wide.id().equals(id)))
                        .map(wide -> narrow.relaxation(wide)))
                .toList();
    }

    /** Returns in words what is left out of what {@code wide} asks, which this relaxes. */
    public String relaxation(PolicyRule wide) {
        String left =
                obligations.isEmpty() ? ", and nobody is asked" : ": " + Annotations.write(obligations) + " holds";
        return "where `" + id + "` permits a call, " + Annotations.write(wide.obligations()) + " of `" + wide.id()
                + "` is left out" + left;
    }

    /** Returns the traits that its conditions read; possibly more than that where a condition is not understood. */
    public Set<Trait> reads() {
        return TraitAnalysis.of(this);
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
