package dev.interlock.testing;

import dev.interlock.store.Database;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.Schema;
import dev.interlock.store.StoreNode;
import dev.interlock.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The engine of the stores in a class of tests: SQLite, or PostgreSQL in a class with {@link OnPostgres}. */
public final class StoreEngine implements BeforeAllCallback, AfterAllCallback {

    /** One server for all classes of a fork. */
    private static @Nullable TestingDatabaseServer server;

    private static final Map<Path, PostgresServer> STORES = new HashMap<>();
    private static volatile boolean postgres;

    /** Opens the store at {@code file}; in PostgreSQL, a store that is called by it. */
    public static Database open(Path file, List<Schema> schemas) {
        if (!postgres) {
            return Database.open(file, schemas);
        }
        try {
            PostgresServer store = STORES.get(file);
            if (store == null) {
                store = server().store();
                STORES.put(file, store);
            }
            return Database.open(store, StoreNode.await(store, "tests", "", Optional.empty(), _ -> {}), schemas);
        } catch (StoreUnavailableException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Copies the store at {@code file}, which is closed, to {@code backup}. */
    public static void save(Path file, Path backup) throws Exception {
        PostgresServer store = STORES.get(file);
        if (store == null) {
            Files.copy(file, backup, StandardCopyOption.REPLACE_EXISTING);
        } else {
            server().dump(store.user(), backup);
        }
    }

    /** Puts the store at {@code file}, which is closed, back to what {@link #save} wrote. */
    public static void putBack(Path file, Path backup) throws Exception {
        PostgresServer store = STORES.get(file);
        if (store == null) {
            for (String end : List.of("-wal", "-shm")) {
                Files.deleteIfExists(file.resolveSibling(file.getFileName() + end));
            }
            Files.copy(backup, file, StandardCopyOption.REPLACE_EXISTING);
        } else {
            server().restore(store.user(), backup);
        }
    }

    /** Removes the store at {@code file}, which is closed. */
    public static void remove(Path file) throws IOException {
        STORES.remove(file);
        for (String end : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + end));
        }
    }

    /** Returns the server of this fork. */
    public static synchronized TestingDatabaseServer server() throws Exception {
        TestingDatabaseServer running = server;
        if (running == null) {
            running = new TestingDatabaseServer();
            server = running;
        }
        return running;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        server(); // skips the class if there is none
        postgres = true;
    }

    @Override
    public void afterAll(ExtensionContext context) {
        postgres = false;
    }
}
