package dev.interlock.daemon;

import dev.interlock.config.Config;
import dev.interlock.config.SecretFile;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.confirm.SqliteStoredTexts;
import dev.interlock.credentials.SqliteFleetStore;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.identity.SqlitePlaceStore;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.people.SqlitePasskeyStore;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.Schema;
import dev.interlock.store.SqliteLedgerMarkStore;
import dev.interlock.store.StoreCopy;
import dev.interlock.store.StoreFleet;
import dev.interlock.store.StoreNode;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.undo.SqliteStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The stores in the tables of SQLite, or of PostgreSQL. */
final class TableStores {

    static final String FILE = "store.db";

    /** Of stores in PostgreSQL: the places of sandboxes are this machine's, and keys are in them. */
    static final String PLACES = "places.db";

    /** Of stores in PostgreSQL: the primary that this gateway has served from. */
    static final String PRIMARY = "store.primary";

    private TableStores() {}

    static Stores open(DaemonContext context) throws IOException {
        Optional<Config.Store> shared = context.config().store();
        if (shared.isEmpty()) {
            Database file = context.part(Database.open(context.data(FILE), schemas(true)));
            requireHere(file);
            return stores(file, file, "", Optional.empty());
        }
        requireMoved(context.data(FILE));
        PostgresServer server = server(shared.get());
        StoreNode node = Standby.await(context, server);
        Database database = context.part(Database.open(server, node, schemas(false)));
        requireHere(database);
        Database places = context.part(Database.open(context.data(PLACES), SqlitePlaceStore.SCHEMAS));
        return stores(
                database,
                places,
                context.config().origin(),
                Optional.of(new Stores.Shared(node, () -> StoreFleet.read(database))));
    }

    private static void requireHere(Database database) {
        if (StoreCopy.isRetired(database)) {
            throw new StoreUnavailableException(
                    "the store in `" + database
                            + "` was moved away, or was not moved here whole: `store` in gateway.yaml must say where it is, or run `interlock store move` again");
        }
    }

    /** What one machine has learnt must not be forgotten by a line in a file. */
    private static void requireMoved(Path file) {
        if (Files.exists(file)) {
            try (Database alone = Database.open(file, schemas(true))) {
                if (!StoreCopy.isRetired(alone)) {
                    throw new StoreUnavailableException(
                            "`" + file
                                    + "` has the store of this machine: run `interlock store move`, or take `store` out of gateway.yaml. If this gateway joins another one's store, move the file away");
                }
            }
        }
    }

    static PostgresServer server(Config.Store store) throws IOException {
        Optional<Path> password = store.passwordFile();
        return new PostgresServer(
                store.host(),
                store.port(),
                store.database(),
                store.user(),
                password.isPresent() ? Optional.of(SecretFile.read(password.get())) : Optional.empty(),
                store.ca());
    }

    private static Stores stores(Database database, Database places, String node, Optional<Stores.Shared> shared) {
        return new Stores(
                new SqliteHoldStore(database),
                new SqliteLeaseStore(database),
                new SqlitePlaceStore(places),
                new SqliteLimitStore(database),
                new SqlitePasskeyStore(database),
                new SqliteSealStore(database),
                new SqliteStateStore(database, node),
                new SqliteLedgerMarkStore(database),
                new SqliteFleetStore(database),
                new SqliteStoredTexts(database, InstantSource.system()),
                shared);
    }

    static List<Schema> schemas(boolean withPlaces) {
        return Stream.of(
                        SqliteLedgerMarkStore.SCHEMAS, // first: it tells a new store from an old one
                        SqliteLeaseStore.SCHEMAS,
                        SqliteSealStore.SCHEMAS,
                        SqliteHoldStore.SCHEMAS,
                        SqlitePasskeyStore.SCHEMAS,
                        withPlaces ? SqlitePlaceStore.SCHEMAS : List.<Schema>of(),
                        SqliteLimitStore.SCHEMAS,
                        SqliteFleetStore.SCHEMAS,
                        SqliteStateStore.SCHEMAS)
                .flatMap(List::stream)
                .toList();
    }
}
