package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Obligations;

/**
 * One Cedar policy.
 *
 * @param id its {@code @id}
 * @param file where it stands
 * @param line where it begins
 * @param permit whether it permits; otherwise it forbids
 * @param obligations what must be so before what it permits may go
 * @param source Cedar
 * @param tree the same in Cedar's JSON form
 */
record Rule(String id, String file, int line, boolean permit, Obligations obligations, String source, JsonNode tree) {

    Problem problem(String message) {
        return new Problem(file, line, "policy `" + id + "`: " + message);
    }
}
