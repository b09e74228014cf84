package dev.interlock.drill;

import java.util.Set;

/**
 * The facts at the gateway that an attacking agent would have changed, at one moment.
 *
 * @param alive whether the gateway's process is the one that was started, and answers
 * @param seal the id of the seal in force
 * @param policy the SHA-256 of the policy directory
 * @param leases the leases in force
 * @param signed the holds that somebody signed
 * @param ledgerMarked whether a ledger file contains the agent's mark
 */
record GatewaySnapshot(
        boolean alive, String seal, String policy, Set<String> leases, Set<String> signed, boolean ledgerMarked) {

    static final GatewaySnapshot NONE = new GatewaySnapshot(false, "", "", Set.of(), Set.of(), false);
}
