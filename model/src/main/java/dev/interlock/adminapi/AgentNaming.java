package dev.interlock.adminapi;

import java.util.Optional;

/** A question about leases of one agent, which not every user may take. */
public interface AgentNaming {

    /** Returns the name of the agent; empty if a statement names it, or the seal has only one. */
    Optional<String> namedAgent();

    default Optional<SignedStatement> signed() {
        return Optional.empty();
    }
}
