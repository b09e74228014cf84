package dev.interlock.adminapi;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Questions about the other gateways that share the store. */
public sealed interface FleetQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "fleet.close",
            users = Entitlement.SOCKET,
            receipt = "before, one for each call",
            about =
                    "`node` does not serve and does not come back. `ledger` is a copy of its log, which is verified; that below `replicas` unless given. Of each call without an outcome, `closed` has what is recorded, once for all gateways")
    record CloseNode(String node, Optional<String> ledger) implements FleetQuestion<ClosedNode> {}

    /**
     * What was done about a node.
     *
     * @param receipts how many the copy has; the node may have written more
     * @param closed the receipts of what was recorded, by the intents
     * @param restored what the node had ended and could not store, in whole sentences
     */
    record ClosedNode(String node, long receipts, Map<String, String> closed, List<String> restored) {}
}
