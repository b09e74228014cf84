package dev.interlock.daemon;

import dev.interlock.config.Config;
import dev.interlock.identity.SqlitePlaceStore;
import dev.interlock.store.Database;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.StoreCopy;
import dev.interlock.store.StoreNode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;

/** Moves the store of a stopped gateway into the database that gateway.yaml names, or back into its file. */
public final class StoreMove {

    public record MovedStore(String from, String to, int tables, long rows) {}

    private StoreMove() {}

    /**
     * Moves it, whole or not at all.
     *
     * @param isBack whether it moves from the database into the file
     * @throws IllegalArgumentException if the gateway runs, or another user owns its files
     * @throws dev.interlock.store.StoreUnavailableException if another gateway serves from the database
     */
    public static MovedStore run(Config config, boolean isBack) throws IOException, InterruptedException {
        Config.Store store = config.store()
                .orElseThrow(() -> new IllegalArgumentException(
                        "gateway.yaml names no database: write `store: postgres://user@host/database` there first"));
        requireStopped(config);
        PostgresServer server = TableStores.server(store);
        Path data = config.data();
        try (Database shared = Database.open(server, StoreNode.alone(server), TableStores.schemas(false));
                Database file = Database.open(data.resolve(TableStores.FILE), TableStores.schemas(true));
                Database places = Database.open(data.resolve(TableStores.PLACES), SqlitePlaceStore.SCHEMAS)) {
            MovedStore moved = isBack ? move(shared, file, places, file) : move(file, shared, file, places);
            Files.deleteIfExists(data.resolve(TableStores.PRIMARY)); // people say where the store is now
            return moved;
        }
    }

    /**
     * The places of sandboxes stay on this machine, and move between its two files. The source is marked before the
     * target counts. If this is interrupted, nobody serves from both, and it goes on when it is run again.
     */
    static MovedStore move(Database from, Database to, Database placesFrom, Database placesTo) {
        StoreCopy all = new StoreCopy(TableStores.schemas(false));
        StoreCopy places = new StoreCopy(SqlitePlaceStore.SCHEMAS);
        Optional<Long> interrupted = StoreCopy.interrupted(from, to);
        long move = interrupted.orElseGet(() -> new SecureRandom().nextLong(Long.MAX_VALUE));
        if (interrupted.isEmpty()) {
            if (StoreCopy.isRetired(from)) {
                throw new IllegalArgumentException("the store in `" + from + "` was moved away already");
            }
            all.begin(to, move);
            places.begin(placesTo, move);
        }
        places.copy(placesFrom, placesTo);
        Map<String, Long> rows = all.copy(from, to);
        StoreCopy.retire(from, move);
        StoreCopy.retire(placesFrom, move);
        StoreCopy.revive(placesTo);
        StoreCopy.revive(to);
        return new MovedStore(
                from.toString(),
                to.toString(),
                rows.size(),
                rows.values().stream().mapToLong(count -> count).sum());
    }

    private static void requireStopped(Config config) throws IOException {
        UserPrincipal owner = Files.getOwner(config.data());
        if (!owner.equals(Interlock.me())) {
            String name = owner.getName();
            String user = name.matches("[0-9]+") ? "'#" + name + "'" : name; // as sudo takes a number
            throw new IllegalArgumentException("`" + config.data() + "` belongs to the user `" + name
                    + "`, and so must what is moved: sudo -u " + user + " interlock store move");
        }
        boolean runs;
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(config.adminSocket()))) {
            runs = true;
        } catch (IOException _) {
            runs = false;
        }
        if (runs) {
            throw new IllegalArgumentException("the gateway runs: stop it first, as by `systemctl stop interlock`");
        }
    }
}
