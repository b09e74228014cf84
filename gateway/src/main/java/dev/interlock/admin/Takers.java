package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Tallies;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which users of the machine take leases of which agent. Whoever asks for a lease names the agent, and so who is behind
 * it: somebody who could name any agent would be a second person beside themselves.
 */
final class Takers {

    private final Tallies knocks;
    private final Consumer<Alert> alerts;

    Takers(Tallies knocks, Consumer<Alert> alerts) {
        this.knocks = knocks;
        this.alerts = alerts;
    }

    /**
     * Lets those through whom the seal names, or everybody where it names nobody. Who is refused is on record and told,
     * as whoever is not entitled at all.
     *
     * @throws AdminRefusedException if {@code peer} takes no leases of {@code agent}
     */
    void require(Seal seal, Peer peer, String agent, Acts.Entry entry) throws AdminRefusedException {
        Set<String> users = Optional.ofNullable(seal.agents().get(agent))
                .map(Seal.Agent::users)
                .orElse(Set.of());
        if (users.isEmpty() || users.contains(peer.user())) {
            return; // of an agent that there is not, nobody gets a lease
        }
        String reason = "The user `" + peer.user() + "` takes no leases of `" + agent
                + "`: the seal lets none but these users: " + String.join(", ", users) + ".";
        knocks.admit(peer.user()).ifPresent(before -> record(peer, agent, reason, before, entry));
        throw new AdminRefusedException(
                "not_entitled",
                reason,
                "Ask for an agent of your own (`interlock agent list`), or have `" + peer.user()
                        + "` added to its `users` in interlock.yaml, and that sealed.");
    }

    private void record(Peer peer, String agent, String reason, Tallies.Counted before, Acts.Entry entry) {
        try {
            String receipt = entry.record(Json.object()
                    .with("agent", agent)
                    .with("result", "refused")
                    .with("reason", reason)
                    .with("suppressed", before.number()));
            alerts.accept(new Alert(
                    Alert.Rule.ADMIN_REFUSED,
                    Alert.Severity.WARNING,
                    "The user `" + peer.user() + "` asked for a lease of `" + agent + "`, and takes none of its.",
                    Map.of("agent", agent, "user", peer.user()),
                    Optional.of(receipt)));
        } catch (LedgerUnavailableException _) {
            knocks.putBack(before); // refused all the same; what the ledger lacks its own alarm says
        }
    }
}
