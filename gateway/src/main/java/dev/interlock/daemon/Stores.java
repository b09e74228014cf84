package dev.interlock.daemon;

import dev.interlock.confirm.HoldStore;
import dev.interlock.confirm.SqliteStoredTexts;
import dev.interlock.credentials.SqliteFleetStore;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.PlaceStore;
import dev.interlock.limits.LimitStore;
import dev.interlock.people.PasskeyStore;
import dev.interlock.policy.SealStore;
import dev.interlock.store.LedgerMarkStore;
import dev.interlock.store.StoreFleet;
import dev.interlock.store.StoreNode;
import dev.interlock.undo.StateStore;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What must outlast a restart beside the ledger.
 *
 * @param shared the membership in stores that several gateways share
 */
record Stores(
        HoldStore holds,
        LeaseStore leases,
        PlaceStore places,
        LimitStore limits,
        PasskeyStore passkeys,
        SealStore seals,
        StateStore states,
        LedgerMarkStore marks,
        SqliteFleetStore fleet,
        SqliteStoredTexts texts,
        Optional<Shared> shared) {

    /** The membership of this gateway, and what is known of the others. */
    record Shared(StoreNode node, Supplier<StoreFleet> fleet) {}

    /** Returns the clock of what gateways share: the database's, or {@code own}. */
    InstantSource clock(InstantSource own) {
        return shared.map(one -> one.node().clock()).orElse(own);
    }
}
