package dev.interlock.store;

import dev.interlock.action.FairSemaphore;
import dev.interlock.action.QueueTimeoutException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One SQLite file, or a database of PostgreSQL, with a single writer and a few readers. A transaction is on disk when
 * {@link #write} returns.
 *
 * <p>Threading: any thread may call. Writers take turns on one lock, in order of arrival. Only a few of the writes that
 * agents cause compete for that lock at once ({@link #writeForLease}). Readers see the last commit and never wait for a
 * writer. A connection that has failed is closed, and the next caller opens a new one.
 */
public final class Database implements AutoCloseable {

    /**
     * Two readers per core of a small machine. Reads take microseconds, and the frequent ones are answered from memory.
     */
    private static final int DEFAULT_READERS = 4;

    /** Maximum time that a call waits for its turn. After that it is refused rather than left hanging. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);

    /** Maximum of concurrent writes for agents: while one writes, another may prepare. */
    private static final int AGENTS_AT_ONCE = 2;

    /** Maximum of waiting writes for one lease: as many as that lease may have calls in flight. */
    static final int AGENTS_WAITING = 256;

    /** Maximum time that a write for an agent waits. A longer wait means that the disk hangs, or nearly so. */
    private static final Duration AGENTS_PATIENCE = Duration.ofSeconds(5);

    private final FairSemaphore agents = new FairSemaphore(AGENTS_AT_ONCE, AGENTS_WAITING);

    /** Fair, so that a lucky newcomer does not overtake waiting callers. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private final Engine engine;
    private final Slot writer; // guarded by turn
    private final BlockingQueue<Slot> readers = new ArrayBlockingQueue<>(DEFAULT_READERS);
    private volatile boolean closed;

    private Database(Engine engine) {
        this.engine = engine;
        this.writer = new Slot(engine, false);
        for (int i = 0; i < DEFAULT_READERS; i++) {
            readers.add(new Slot(engine, true));
        }
    }

    /**
     * Opens {@code file}, creates it if it is missing, and brings the tables of every package up to date.
     *
     * @param file the database; this method makes it readable and writable for its owner alone
     * @param schemas the steps of each package, in ascending order within a package
     * @throws StoreUnavailableException if any of that fails, or a newer program has written the file
     */
    public static Database open(Path file, List<Schema> schemas) {
        SqliteEngine engine = new SqliteEngine(file);
        try {
            engine.prepareFile();
        } catch (IOException e) {
            throw new StoreUnavailableException("cannot create the store `" + file + "`", e);
        }
        return open(engine, schemas);
    }

    /**
     * Opens the database of {@code server} in the same way, for the gateway that takes part as {@code node}. Nothing is
     * written through it once that has ended; closing it gives the membership up.
     */
    public static Database open(PostgresServer server, StoreNode node, List<Schema> schemas) {
        return open(new PostgresEngine(server, node), schemas);
    }

    private static Database open(Engine engine, List<Schema> schemas) {
        Database database = new Database(engine);
        try {
            database.write(sql -> {
                new Migrations(schemas).apply(sql);
                return true;
            });
            return database;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /**
     * Runs {@code work} in one transaction and commits it durably. If it throws, the transaction leaves no trace;
     * throws {@link StoreUnavailableException} if the store fails. If the commit itself failed, it may still have taken
     * effect: a caller that must know has to query again.
     */
    public <T> T write(SqlWork<T> work) {
        List<Sql> begun = new ArrayList<>(1);
        takeTurn();
        try {
            return writer.run(sql -> {
                begun.add(sql);
                return work.on(sql);
            });
        } finally {
            turn.unlock();
            begun.forEach(Sql::runAfterCommit);
        }
    }

    /** Writes the file anew, so that nothing is left in it of rows that were deleted; a server does so by itself. */
    public void compact() {
        takeTurn();
        try {
            engine.compact();
        } catch (SQLException e) {
            throw engine.failure(e);
        } finally {
            turn.unlock();
        }
    }

    /**
     * Changes one row, of which gateways keep copies in memory, in a transaction of its own. False if there is none.
     */
    public boolean writeRow(String kind, String key, String statement, @Nullable Object... values) {
        return write(sql -> {
            sql.changed(kind, key);
            return sql.update(statement, values) == 1;
        });
    }

    /**
     * Runs {@code work} as {@link #write} does, for writes that an agent can cause as often as it likes. Such a write
     * may be refused, because nothing was sent yet. A caller of {@link #write} waits for two of these at most.
     *
     * @param lease the root lease that causes the write; leases take turns, one write at a time each
     * @throws QueueTimeoutException if too many writes of its lease wait, or its turn does not come in time; nothing
     *     was begun
     */
    public <T> T writeForLease(String lease, SqlWork<T> work) {
        refuseNested();
        if (!agents.acquire(lease, AGENTS_PATIENCE)) {
            if (Thread.currentThread().isInterrupted()) {
                throw new StoreUnavailableException("interrupted while waiting for the store");
            }
            throw new QueueTimeoutException("too many writes for one lease wait in the queue");
        }
        try {
            return write(work);
        } finally {
            agents.release(lease);
        }
    }

    /**
     * Runs {@code work} on one snapshot of the last committed state; throws {@link StoreUnavailableException} if the
     * store fails, or {@code work} tries to write.
     */
    public <T> T read(SqlWork<T> work) {
        Slot reader = takeReader();
        try {
            return reader.run(work);
        } finally {
            if (closed) {
                reader.discard();
            }
            readers.add(reader);
        }
    }

    @Override
    public String toString() {
        return engine.toString();
    }

    @Override
    public void close() {
        closed = true;
        List<Slot> idle = new ArrayList<>();
        readers.drainTo(idle);
        idle.forEach(Slot::discard);
        readers.addAll(idle);
        turn.lock();
        try {
            writer.discard();
        } finally {
            turn.unlock();
        }
        engine.close();
    }

    private void refuseNested() {
        if (turn.isHeldByCurrentThread()) {
            throw new IllegalStateException("a write inside a write would not be a transaction of its own");
        }
    }

    private void takeTurn() {
        refuseNested();
        try {
            if (closed || !turn.tryLock(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailableException(closed ? "the store is closed" : "the store is too busy to write");
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Slot takeReader() {
        try {
            Slot reader = closed ? null : readers.poll(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            if (reader == null) {
                throw new StoreUnavailableException(closed ? "the store is closed" : "the store is too busy to read");
            }
            return reader;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static StoreUnavailableException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StoreUnavailableException("interrupted while waiting for the store", e);
    }

    /** A slot for one connection. The first use opens the connection; a failure closes it and empties the slot. */
    private static final class Slot {

        private final Engine engine;
        private final boolean readOnly;
        private final List<Connection> open = new ArrayList<>(1);
        private long breaks; // before the connection was opened

        Slot(Engine engine, boolean readOnly) {
            this.engine = engine;
            this.readOnly = readOnly;
        }

        <T> T run(SqlWork<T> work) {
            boolean sound = false;
            try {
                if (breaks != engine.breaks()) {
                    discard();
                }
                if (open.isEmpty()) {
                    breaks = engine.breaks();
                    open.add(engine.open(readOnly));
                }
                Connection connection = open.getFirst();
                Sql sql = new Sql(engine, connection);
                engine.begin(sql, connection, readOnly);
                T result = work.on(sql);
                sql.requireSound();
                engine.commit(sql, connection);
                sound = true;
                return result;
            } catch (SQLException e) {
                throw engine.failure(e);
            } finally {
                if (!sound) {
                    discard(); // closing rolls back
                }
            }
        }

        void discard() {
            for (Connection connection : open) {
                try {
                    connection.close();
                } catch (SQLException _) {
                    // The connection is lost to us either way; an unfinished transaction never commits.
                }
            }
            open.clear();
        }
    }

    /** Brings the tables of each package to the version that this program knows. */
    static final class Migrations {

        private final List<Schema> schemas;

        Migrations(List<Schema> schemas) {
            this.schemas = List.copyOf(schemas);
        }

        void apply(Sql sql) {
            sql.update(
                    "CREATE TABLE IF NOT EXISTS store_schema (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT");
            for (Schema schema : schemas) {
                applyOne(sql, schema);
            }
            refuseNewer(sql);
        }

        private static void applyOne(Sql sql, Schema schema) {
            int present = version(sql, schema.owner());
            if (schema.version() <= present) {
                return;
            }
            if (schema.version() != present + 1) {
                throw new StoreUnavailableException(
                        "package `" + schema.owner() + "` has no step to version " + (present + 1));
            }
            for (String statement : schema.statements()) {
                sql.update(statement);
            }
            sql.update(
                    "INSERT INTO store_schema VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version",
                    schema.owner(),
                    schema.version());
        }

        /** Refuses tables of a newer program, which may have given them a meaning that this program does not know. */
        private void refuseNewer(Sql sql) {
            for (Schema schema : schemas) {
                int known = schemas.stream()
                        .filter(other -> other.owner().equals(schema.owner()))
                        .mapToInt(Schema::version)
                        .max()
                        .orElse(0);
                if (version(sql, schema.owner()) > known) {
                    throw new StoreUnavailableException(
                            "another version of interlock wrote the tables of `" + schema.owner() + "`");
                }
            }
        }

        private static int version(Sql sql, String room) {
            return sql.one(row -> row.getInt(1), "SELECT version FROM store_schema WHERE room = ?", room)
                    .orElse(0);
        }
    }
}
