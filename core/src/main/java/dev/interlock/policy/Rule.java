package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Obligations;
import java.util.Set;

/**
 * One Cedar policy.
 *
 * @param id its {@code @id}
 * @param file where it stands
 * @param line where it begins
 * @param permit whether it permits; otherwise it forbids
 * @param obligations what must be so before what it permits may go
 * @param cedar what Cedar made of it, which nobody outside of this room can look into
 */
public record Rule(String id, String file, int line, boolean permit, Obligations obligations, Cedar cedar) {

    /** As it was written, and the same in Cedar's JSON form. */
    record Cedar(String source, JsonNode tree) {}

    String source() {
        return cedar.source();
    }

    JsonNode tree() {
        return cedar.tree();
    }

    /** What its conditions read; at least that, where it is not understood. */
    public Set<Trait> reads() {
        return TraitUse.of(this);
    }

    /** Something about it that its author has to change, or may not mean. */
    public Problem problem(String message) {
        return new Problem(file, line, "policy `" + id + "`: " + message);
    }
}
