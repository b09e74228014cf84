package dev.interlock.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The right of one gateway to serve from a database that several can reach. It is a lock of one session, which the
 * database gives up when that session ends or falls silent, and a number that grows with each holder. Transactions that
 * write check the number in the database itself; calls check {@link #isHeld} here, which ends sooner than another
 * gateway can begin.
 *
 * <p>Threading: any thread may ask; one thread renews.
 */
public final class StoreTerm implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StoreTerm.class.getName());

    /**
     * The times of a term.
     *
     * @param renewal the pause between two renewals, and between two tries of a gateway that waits
     * @param validity how long it is held after a renewal was sent
     * @param silence how long a new holder waits if the last one did not give it up; longer than {@code validity}
     */
    record TermTimes(Duration renewal, Duration validity, Duration silence) {
        static final TermTimes USUAL =
                new TermTimes(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(6));
    }

    /**
     * A time by two clocks. The first stands still while the machine sleeps, and somebody may set the second: what has
     * passed is the greater, so that neither prolongs a term.
     */
    record Moment(long nanos, long millis) {

        static Moment now() {
            return new Moment(System.nanoTime(), System.currentTimeMillis());
        }

        /** Returns whether less than {@code time} has passed until {@code now}. */
        boolean isWithin(Duration time, Moment now) {
            return now.nanos - nanos < time.toNanos() && Math.abs(now.millis - millis) < time.toMillis();
        }
    }

    /** Maximum time for the answer to a renewal. */
    private static final Duration MAX_RENEWAL = Duration.ofSeconds(3);

    /** The database ends a session from which it hears nothing, as when its gateway is frozen or cut off. */
    private static final String MAX_IDLE = "10s";

    private static final String SESSION = " -c idle_session_timeout=" + MAX_IDLE;

    /** The first half of the lock's name; the second is the schema's. */
    private static final int LOCK = 0x494C_4F43;

    private final PostgresServer server;
    private final String holder;
    private final TermTimes times;
    private final CompletableFuture<String> lost = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread renewer =
            Thread.ofPlatform().daemon().name("store-term").unstarted(this::renewUntilLost);

    private @Nullable Connection session; // of the thread that waits, then of the one that renews
    private volatile long number;
    private volatile OffsetDateTime since = OffsetDateTime.MIN;
    private volatile boolean isBegun; // what the last holder may still do is over
    private volatile Moment renewed = Moment.now();

    private StoreTerm(PostgresServer server, String holder, TermTimes times) {
        this.server = server;
        this.holder = holder;
        this.times = times;
    }

    /**
     * Waits until no other gateway serves from {@code server}, and then takes over.
     *
     * @param holder the name by which others call this gateway
     * @param obstacle is told why it waits, in a whole sentence, whenever that changes
     */
    public static StoreTerm await(PostgresServer server, String holder, Consumer<String> obstacle)
            throws InterruptedException {
        return await(server, holder, TermTimes.USUAL, obstacle);
    }

    /** Takes over at once; throws {@link StoreUnavailableException} if another gateway serves. */
    public static StoreTerm take(PostgresServer server, String holder) throws InterruptedException {
        StoreTerm term = new StoreTerm(server, holder, TermTimes.USUAL);
        String reason = term.begin(_ -> {});
        if (!reason.isEmpty()) {
            throw new StoreUnavailableException(reason);
        }
        return term;
    }

    static StoreTerm await(PostgresServer server, String holder, TermTimes times, Consumer<String> obstacle)
            throws InterruptedException {
        String told = "";
        while (true) {
            StoreTerm term = new StoreTerm(server, holder, times);
            String reason = term.begin(obstacle);
            if (reason.isEmpty()) {
                return term;
            }
            if (!reason.equals(told)) {
                obstacle.accept(reason);
                told = reason;
            }
            Thread.sleep(times.renewal());
        }
    }

    /** Takes the lock and a new number. Returns why that was not possible, or nothing. */
    private String begin(Consumer<String> obstacle) throws InterruptedException {
        try {
            Connection opened = server.open(SESSION);
            session = opened;
            Optional<String> last = claim(opened);
            if (number == 0) {
                opened.close();
                return "This gateway waits: "
                        + last.map(name -> "`" + name + "`").orElse("another one") + " serves from the store `" + server
                        + "`.";
            }
            opened.setNetworkTimeout(Runnable::run, (int) MAX_RENEWAL.toMillis());
            renewer.start();
            if (last.isPresent()) {
                obstacle.accept("This gateway takes over from `" + last.get()
                        + "`, which did not end in order, once that has stopped for certain: in "
                        + times.silence().toSeconds() + " seconds.");
                // The last holder may be frozen or cut off: it believes in its term for a while.
                TimeUnit.NANOSECONDS.sleep(times.silence().toNanos());
            }
            isBegun = isHeld();
            if (!isBegun) {
                close(); // or this gateway would wait for itself
                return lost.getNow("The term was lost.");
            }
            return "";
        } catch (SQLException e) {
            closeSession();
            return "This gateway waits for its store: " + server.failure(e).getMessage() + ".";
        } catch (InterruptedException e) {
            close();
            throw e;
        }
    }

    /** Returns who held it and did not give it up, and has {@link #number} say whether it is ours now. */
    private Optional<String> claim(Connection opened) throws SQLException {
        try (Statement statement = opened.createStatement()) {
            if (!MAX_IDLE.equals(one(statement, "SHOW idle_session_timeout"))) {
                throw new SQLException(
                        "a pooler lies between and drops the session's settings: connect to the server itself");
            }
            statement.execute(
                    "CREATE TABLE IF NOT EXISTS store_term (only_one BIGINT PRIMARY KEY CHECK (only_one = 1), term BIGINT NOT NULL, holder TEXT NOT NULL, since TIMESTAMPTZ NOT NULL, is_over BOOLEAN NOT NULL)");
            boolean isLocked = one(statement, "SELECT pg_try_advisory_lock(" + LOCK + ", hashtext(current_schema()))")
                    .equals("t");
            Optional<String> last = Optional.of(one(statement, "SELECT holder FROM store_term WHERE NOT is_over"))
                    .filter(name -> !name.isEmpty());
            if (isLocked) {
                renewed = Moment.now();
                take(opened);
                PostgresEngine.prepare(opened);
            }
            return last;
        }
    }

    private static String one(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    private void take(Connection opened) throws SQLException {
        try (PreparedStatement next = opened.prepareStatement("""
                INSERT INTO store_term VALUES (1, 1, ?, now(), FALSE)
                ON CONFLICT (only_one) DO UPDATE SET term = store_term.term + 1, holder = excluded.holder,
                    since = excluded.since, is_over = FALSE
                RETURNING term, since""")) {
            next.setString(1, holder);
            try (ResultSet row = next.executeQuery()) {
                row.next();
                since = row.getObject(2, OffsetDateTime.class);
                number = row.getLong(1);
            }
        }
    }

    private void renewUntilLost() {
        try {
            while (!closing.await(times.renewal().toNanos(), TimeUnit.NANOSECONDS)) {
                Moment sent = Moment.now();
                if (!isCurrent(session(), "")) {
                    lose("another gateway took over the store `" + server + "`");
                    return;
                }
                renewed = sent;
            }
        } catch (SQLException e) {
            lose(String.valueOf(server.failure(e).getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            lose("its renewal was interrupted");
        } finally {
            closeSession();
        }
    }

    private Connection session() throws SQLException {
        Connection open = session;
        if (open == null) {
            throw new SQLException("the session is closed");
        }
        return open;
    }

    /**
     * Requires that this term is the database's, and that it stays so until {@code connection} ends its transaction.
     */
    void lock(Connection connection) throws SQLException {
        if (!isHeld()) {
            throw new StoreUnavailableException(
                    "this gateway may not write: " + lost.getNow("its term is over, or was not renewed in time"));
        }
        // What waits here for a new holder finds that holder's number, and so no row.
        if (!isCurrent(connection, " FOR UPDATE")) {
            lose("another gateway took over the store `" + server + "`");
            throw new StoreUnavailableException("another gateway took over the store");
        }
    }

    /** A replica that lags when it becomes the primary gives a number again, but not at the same microsecond. */
    private boolean isCurrent(Connection connection, String lock) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT term FROM store_term WHERE term = ? AND since = ?" + lock)) {
            query.setLong(1, number);
            query.setObject(2, since);
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }

    private void lose(String reason) {
        if (lost.complete(reason)) {
            LOG.log(System.Logger.Level.ERROR, "this gateway serves no more: {0}", reason);
        }
    }

    /** Returns whether this gateway may serve. It is false before another one can begin. */
    public boolean isHeld() {
        return !lost.isDone() && closing.getCount() > 0 && renewed.isWithin(times.validity(), Moment.now());
    }

    /** Completes with the reason when the term is lost. */
    public CompletableFuture<String> lost() {
        return lost;
    }

    /** Gives it up, so that another gateway begins at once. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (renewer.isAlive()) {
                renewer.join(MAX_RENEWAL.multipliedBy(2)); // one that runs, and the end of the session
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeSession() {
        Connection open = session;
        if (open == null) {
            return;
        }
        session = null;
        try (open) {
            // Who did not wait for the last holder to the end leaves that to the next one. Who has lost the term may
            // have
            // calls in flight.
            if (isBegun && !lost.isDone()) {
                giveUp(open);
            }
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "the session of the term broke: {0}", e.getMessage());
        }
    }

    private void giveUp(Connection open) throws SQLException {
        try (PreparedStatement end =
                open.prepareStatement("UPDATE store_term SET is_over = TRUE WHERE term = ? AND since = ?")) {
            end.setLong(1, number);
            end.setObject(2, since);
            end.executeUpdate();
        }
    }
}
