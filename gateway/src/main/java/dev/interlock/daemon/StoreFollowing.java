package dev.interlock.daemon;

import dev.interlock.store.StoreListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Has everything in memory follow what other gateways write to the store; only then does this gateway serve. */
final class StoreFollowing {

    /** The kinds of changes that may end calls in flight. */
    private static final Set<String> ENDING = Set.of("kill", "lease", "machine", "passkey");

    private StoreFollowing() {}

    static void begin(StoresPhase stores, DecisionPhase decision, ReplayPhase replay) {
        stores.stores()
                .shared()
                .ifPresent(shared -> shared.node().follow(all(stores, decision, replay), decision.gate()::cutStopped));
    }

    /** In order: what calls are decided by, what the ledger knows better, and what acts upon both. */
    private static List<StoreListener> all(StoresPhase stores, DecisionPhase decision, ReplayPhase replay) {
        List<StoreListener> all = new ArrayList<>();
        all.add(decision.limits().freezes());
        all.add(reloading(() -> {
            try {
                replay.again();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
        all.add(stores.confirmations().follower());
        all.add(new StoreListener() {
            @Override
            public void changed(String kind, Set<String> keys) {
                if (ENDING.contains(kind)) {
                    decision.gate().cutStopped();
                }
            }

            @Override
            public void reload() {
                decision.gate().cutStopped();
            }
        });
        return all;
    }

    /** Returns what does {@code work} only when changes were missed. */
    private static StoreListener reloading(Runnable work) {
        return new StoreListener() {
            @Override
            public void changed(String kind, Set<String> keys) {
                // its work is to restore what a database has forgotten
            }

            @Override
            public void reload() {
                work.run();
            }
        };
    }
}
