package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminclient.AdminRefusedException;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which users of the machine may take leases of which agent. A request for a lease names the agent, and thereby
 * the person behind it. A user who could name any agent could be a second person beside themselves.
 */
record AgentUsers(AuthFailures authFailures) {

    /**
     * Lets users through whom the seal names, or everybody if it names nobody. A refused user is recorded and alerted,
     * as a user who is not entitled at all.
     *
     * @throws AdminRefusedException if the peer may not take leases of the agent that the request names
     */
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
