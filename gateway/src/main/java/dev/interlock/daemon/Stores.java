package dev.interlock.daemon;

import dev.interlock.confirm.HoldStore;
import dev.interlock.credentials.SqliteFleetStore;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.PlaceStore;
import dev.interlock.limits.LimitStore;
import dev.interlock.people.PasskeyStore;
import dev.interlock.policy.SealStore;
import dev.interlock.store.LedgerMarkStore;
import dev.interlock.undo.StateStore;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * What must outlast a restart beside the ledger.
 *
 * @param serving whether this gateway may serve from them
 * @param lost completes with the reason when it may not any more
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
        BooleanSupplier serving,
        CompletableFuture<String> lost) {}
