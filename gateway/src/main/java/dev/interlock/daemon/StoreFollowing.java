package dev.interlock.daemon;

import dev.interlock.store.StoreListener;
import java.util.ArrayList;
import java.util.List;

/** Has everything in memory follow what other gateways write to the store; only then does this gateway serve. */
final class StoreFollowing {

    private StoreFollowing() {}

    static void begin(StoresPhase stores, DecisionPhase decision, PeoplePhase people, ReplayPhase replay) {
        stores.stores()
                .shared()
                .ifPresent(shared -> shared.node().follow(all(stores, people, replay), decision.gate()::cutStopped));
    }

    /** In order: what calls are decided by, what the ledger knows better, and whom to wake then. */
    private static List<StoreListener> all(StoresPhase stores, PeoplePhase people, ReplayPhase replay) {
        List<StoreListener> all = new ArrayList<>(people.followers);
        all.add(replay); // what a database has forgotten
        all.add(stores.confirmations().follower());
        return all;
    }
}
