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
                    "`closed` has a receipt for each call that `node` left without an outcome, once for all gateways. `ledger` is a copy of its log; that below `replicas` unless given")
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
