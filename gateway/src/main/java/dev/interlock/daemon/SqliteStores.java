package dev.interlock.daemon;

import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.identity.SqlitePlaceStore;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.undo.SqliteStateStore;
import java.util.List;
import java.util.stream.Stream;

/** The stores of one SQLite file. */
final class SqliteStores {

    private SqliteStores() {}

    static Stores open(DaemonContext context) {
        Database database = context.part(Database.open(context.data("store.db"), schemas()));
        return new Stores(
                new SqliteHoldStore(database),
                new SqliteLeaseStore(database),
                new SqlitePlaceStore(database),
                new SqliteLimitStore(database),
                new SqlitePasskeyStore(database),
                new SqliteSealStore(database),
                new SqliteStateStore(database),
                new SqliteLedgerMarkStore(database));
    }

    private static List<Schema> schemas() {
        return Stream.of(
                        SqliteLedgerMarkStore.SCHEMAS, // first: it tells a new store from an old one
                        SqliteLeaseStore.SCHEMAS,
                        SqliteSealStore.SCHEMAS,
                        SqliteHoldStore.SCHEMAS,
                        SqlitePasskeyStore.SCHEMAS,
                        SqlitePlaceStore.SCHEMAS,
                        SqliteLimitStore.SCHEMAS,
                        SqliteStateStore.SCHEMAS)
                .flatMap(List::stream)
                .toList();
    }
}
