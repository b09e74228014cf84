package dev.interlock.adminapi;

import dev.interlock.evidence.Receipt;
import java.util.Optional;
import java.util.Set;

/**
 * Which lease is asked for. What is left out comes from the task's template, or is what everybody may have.
 *
 * @param agent the only agent of the seal unless given
 * @param ttl as {@code 30m}
 */
public record LeaseTerms(
        String task,
        Optional<String> agent,
        Set<String> environments,
        Set<String> impacts,
        Set<String> resources,
        Optional<String> ttl) {

    /** The task of `interlock doctor --as-agent`, which needs no template. */
    public static final String EXAMINATION = Receipt.EXAMINATION;

    public LeaseTerms(String task) {
        this(task, Optional.empty(), Set.of(), Set.of(), Set.of(), Optional.empty());
    }

    public LeaseTerms withAgent(String name) {
        return new LeaseTerms(task, Optional.of(name), environments, impacts, resources, ttl);
    }
}
