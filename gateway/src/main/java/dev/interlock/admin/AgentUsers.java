package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminclient.AdminRefusedException;
import java.util.Optional;
import java.util.Set;

/** Decides who may take leases of which agent: whoever could name any could be a second person beside themselves. */
record AgentUsers(AuthFailures authFailures) {

    /** Refuses, records and alerts a user who may not take leases of the agent that the request names. */
    void require(AdminRequest<?> request) throws AdminRefusedException {
        Seal seal = request.seal();
        Optional<String> agent = LeaseCommands.agent(seal, (AgentNaming) request.question());
        if (agent.isPresent()) {
            require(seal, request.peer(), request.command(), agent.get());
        }
    }

    private void require(Seal seal, Peer peer, String command, String agent) throws AdminRefusedException {
        Set<String> users = Optional.ofNullable(seal.agents().get(agent))
                .map(Seal.Agent::users)
                .orElse(Set.of());
        if (users.isEmpty() || users.contains(peer.user())) {
            return; // nobody gets a lease of an agent that does not exist
        }
        String reason = "The user `" + peer.user() + "` may not issue leases for `" + agent
                + "`: the seal allows only these users: " + String.join(", ", users) + ".";
        authFailures.refused(peer, command, agent, reason);
        throw new AdminRefusedException(
                "not_entitled",
                reason,
                "Use one of your own agents (`interlock agent list`), or have `" + peer.user()
                        + "` added to its `users` in interlock.yaml and sealed.");
    }
}
