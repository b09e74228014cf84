package dev.interlock.daemon;

import dev.interlock.confirm.HoldStore;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.PlaceStore;
import dev.interlock.limits.LimitStore;
import dev.interlock.people.PasskeyStore;
import dev.interlock.policy.SealStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.undo.StateStore;
import java.util.List;
import java.util.stream.Stream;

/** The stores of one SQLite file. */
final class SqliteStores {

    private SqliteStores() {}

    static Stores open(DaemonContext context) {
        Database database = context.part(Database.open(context.data("store.db"), schemas()));
        return new Stores(
                new HoldStore(database),
                new LeaseStore(database),
                new PlaceStore(database),
                new LimitStore(database),
                new PasskeyStore(database),
                new SealStore(database),
                new StateStore(database),
                new SqliteLedgerMarkStore(database));
    }

    private static List<Schema> schemas() {
        return Stream.of(
                        List.of(SqliteLedgerMarkStore.SCHEMA), // first: it tells a new store from an old one
                        LeaseStore.SCHEMAS,
                        SealStore.SCHEMAS,
                        HoldStore.SCHEMAS,
                        PasskeyStore.SCHEMAS,
                        PlaceStore.SCHEMAS,
                        LimitStore.SCHEMAS,
                        StateStore.SCHEMAS)
                .flatMap(List::stream)
                .toList();
    }
}
