package dev.interlock.store;

import dev.interlock.action.ClockWatch;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The membership of one gateway in a store that several share, and its permission to serve. The gateway has a name of
 * its own there, and a token that is drawn at each start. The one row of {@code store_order} has the tokens of all, and
 * every transaction that writes begins by counting that row up, if it still has the gateway's token. So all writes of
 * all gateways follow each other, their numbers are in the order of their commits, and whoever takes a name over shuts
 * out whoever had it.
 *
 * <p><b>What is committed is obeyed everywhere within a second.</b> Each gateway asks, at the latest a pause after the
 * last answer, for its token and for what was committed since, in one query. It has every copy in memory follow, and
 * only then may it serve for {@link NodeTimes#validity} from the moment at which that query was <i>sent</i>. Take a
 * kill that is committed at the time T. A query that is sent after T brings the kill, so it is obeyed before that query
 * permits anything. A query that was sent before T permits nothing after T and the validity. So a gateway either obeys
 * the kill by then, or serves nothing: if it is slow, cut off or frozen, no answer comes, and nothing permits. Clocks
 * of other machines play no part. A notification only makes it ask sooner.
 *
 * <p>A gateway that loses the database serves nothing until it has read everything again. It ends only if another one
 * has taken its name.
 *
 * <p>Threading: any thread may ask; one thread follows.
 */
public final class StoreNode implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StoreNode.class.getName());

    /**
     * The times of a membership.
     *
     * @param pause the longest pause between an answer and the next query, and between two tries of one that waits
     * @param validity how long a query permits to serve after it was sent
     * @param silence how long a successor waits if the last one of its name did not end in order; longer than
     *     {@code validity}
     */
    record NodeTimes(Duration pause, Duration validity, Duration silence) {
        static final NodeTimes USUAL =
                new NodeTimes(Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    /**
     * A time by two clocks. The first stands still while the machine sleeps, and somebody may set the second: what has
     * passed is the greater, so that neither prolongs a permission.
     */
    record Moment(long nanos, long millis) {

        static Moment now() {
            return new Moment(System.nanoTime(), System.currentTimeMillis());
        }

        /** Returns whether less than {@code time} has passed until {@code now}. */
        boolean isWithin(Duration time, Moment now) {
            return left(time, now).isPositive();
        }

        Duration left(Duration time, Moment now) {
            return time.minusNanos(
                    Math.max(now.nanos - nanos, TimeUnit.MILLISECONDS.toNanos(Math.abs(now.millis - millis))));
        }
    }

    /** The database's clock, as it was read at {@code nanos} of our own. */
    private record ReadClock(Instant at, long nanos) {

        static ReadClock now(Instant at) {
            return new ReadClock(at, System.nanoTime());
        }

        Instant instant() {
            return at.plusNanos(System.nanoTime() - nanos);
        }
    }

    /** The time between two reports for people. */
    private static final Duration REPORT = Duration.ofSeconds(1);

    /** The time between two searches for old changes. */
    private static final Duration FORGETTING = Duration.ofMinutes(1);

    /** Maximum time for the end: a query that runs, and the leave. */
    private static final Duration MAX_END = Duration.ofSeconds(6);

    private static final int TOKEN_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PostgresServer server;
    private final String name;
    private final String version;
    private final boolean alone;
    private final NodeTimes times;
    private final ServedPrimary primary;
    private final String token;
    private final CompletableFuture<String> lost = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread follower =
            Thread.ofPlatform().daemon().name("store-node").unstarted(this::followUntilLost);

    private @Nullable NodeSession session; // of the thread that joins, then of the one that follows
    private int process; // the session's at the server
    private long followed; // of the follower: the number until which every copy in memory is up to date
    private boolean isBehind; // of the follower: everything must be read again
    private boolean isAwaiting; // of the follower: everything was, and a listener waits for something
    private Moment reported = new Moment(0, 0);
    private Moment forgot = Moment.now();

    private volatile Optional<List<StoreListener>> listeners = Optional.empty();
    private volatile boolean isFollowing;
    private volatile boolean isBegun; // what the last one of this name may still do is over
    private volatile Moment renewed = Moment.now();
    private volatile String trouble = "";
    private volatile boolean isOutOfReach = true; // and not: the store answers, and something else is wrong
    private volatile String said = "";
    private final AtomicLong breaks = new AtomicLong(); // of the session, and probably of every other connection
    private volatile ReadClock clock = new ReadClock(Instant.EPOCH, 0);

    private StoreNode(
            PostgresServer server,
            String name,
            String version,
            boolean alone,
            NodeTimes times,
            Optional<Path> primary) {
        this.server = server;
        this.name = name;
        this.version = version;
        this.alone = alone;
        this.times = times;
        this.primary = new ServedPrimary(primary);
        byte[] drawn = new byte[TOKEN_BYTES];
        RANDOM.nextBytes(drawn);
        this.token = HexFormat.of().formatHex(drawn);
    }

    /**
     * Joins the gateways that serve from {@code server}, once no other one has this name.
     *
     * @param name the name by which others call this gateway
     * @param version of this program, for people
     * @param primary the file that says from which primary this gateway has served, if it should know
     * @param obstacle is told why it waits, in a whole sentence, whenever that changes
     */
    public static StoreNode await(
            PostgresServer server, String name, String version, Optional<Path> primary, Consumer<String> obstacle)
            throws InterruptedException {
        return await(server, name, version, NodeTimes.USUAL, primary, obstacle);
    }

    /** Joins at once and alone; throws {@link StoreUnavailableException} if any gateway serves. */
    public static StoreNode alone(PostgresServer server) throws InterruptedException {
        return alone(server, NodeTimes.USUAL);
    }

    static StoreNode alone(PostgresServer server, NodeTimes times) throws InterruptedException {
        StoreNode node = new StoreNode(server, NodeSession.MOVER, "", true, times, Optional.empty());
        String reason = node.begin(_ -> {});
        if (!reason.isEmpty()) {
            throw new StoreUnavailableException(reason);
        }
        return node;
    }

    static StoreNode await(
            PostgresServer server, String name, String version, NodeTimes times, Consumer<String> obstacle)
            throws InterruptedException {
        return await(server, name, version, times, Optional.empty(), obstacle);
    }

    private static StoreNode await(
            PostgresServer server,
            String name,
            String version,
            NodeTimes times,
            Optional<Path> primary,
            Consumer<String> obstacle)
            throws InterruptedException {
        String told = "";
        while (true) {
            StoreNode node = new StoreNode(server, name, version, false, times, primary);
            String reason = node.begin(obstacle);
            if (reason.isEmpty()) {
                return node;
            }
            if (!reason.equals(told)) {
                obstacle.accept(reason);
                told = reason;
            }
            Thread.sleep(times.pause());
        }
    }

    /** Takes the locks and joins. Returns why that was not possible, or nothing. */
    private String begin(Consumer<String> obstacle) throws InterruptedException {
        try {
            NodeSession opened = NodeSession.open(server);
            session = opened;
            process = opened.process();
            opened.take(primary);
            String refused = locked(opened);
            if (!refused.isEmpty()) {
                opened.close();
                return refused;
            }
            renewed = Moment.now();
            NodeSession.Joined joined = opened.join(name, token, version, alone);
            followed = joined.number();
            clock = ReadClock.now(joined.at());
            follower.start();
            if (joined.isUnsettled()) {
                obstacle.accept(
                        "This gateway takes over from one that did not end in order, once that has stopped for certain: in "
                                + times.silence().toSeconds() + " seconds.");
                // It may be frozen or cut off: it believes in its permission for a while.
                TimeUnit.NANOSECONDS.sleep(times.silence().toNanos());
            }
            isBegun = mayWrite();
            if (!isBegun) {
                close(); // or this gateway would wait for itself
                return "This gateway waits: " + lost.getNow("its membership in the store was lost") + ".";
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

    private String locked(NodeSession opened) throws SQLException {
        if (!opened.lockStore(alone)) {
            return alone
                    ? opened.names() + " serve from the store `" + server + "`: stop them first"
                    : "This gateway waits: the store `" + server + "` is being moved.";
        }
        return opened.lockName(name)
                ? ""
                : "This gateway waits: another process serves as `" + name + "` from the store `" + server
                        + "`. If that is another gateway, give this one an `origin` of its own in gateway.yaml.";
    }

    /**
     * Has {@code all} follow the store from now on, in this order. This gateway serves once they do. What was written
     * since it joined is told to them first.
     *
     * @param standstill is run whenever it stops serving, so that what is in flight is cut off
     */
    public void follow(List<StoreListener> all, Runnable standstill) {
        listeners = Optional.of(List.copyOf(all));
        Thread.ofPlatform().daemon().name("store-permission").start(() -> watch(standstill));
    }

    /** Has others read {@code what} of this gateway, within seconds. */
    public void say(String what) {
        said = what;
    }

    private void followUntilLost() {
        try {
            while (!lost.isDone() && closing.getCount() > 0) {
                try {
                    Moment sent = Moment.now();
                    NodeSession open = session();
                    turn(open, sent);
                    pause(open);
                } catch (SQLException e) {
                    closeSession();
                    breaks.incrementAndGet();
                    failed(server.failure(e));
                } catch (RuntimeException e) { // of what follows
                    isOutOfReach = false;
                    failed(e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (closing.getCount() > 0) {
                lose("its renewal failed"); // nobody restarts who only stands still
            }
            leave();
        }
    }

    /** Waits in slices, so that it ends soon when this gateway does. */
    private void pause(NodeSession open) throws SQLException {
        long slice = NodeTimes.USUAL.pause().toNanos();
        boolean isTold = false;
        for (long left = times.pause().toNanos(); left > 0 && !isTold && closing.getCount() > 0; left -= slice) {
            isTold = open.await(Duration.ofNanos(Math.min(left, slice)));
        }
    }

    private void failed(RuntimeException cause) throws InterruptedException {
        isBehind = true;
        String words = String.valueOf(cause.getMessage());
        if (!words.equals(trouble)) {
            LOG.log(System.Logger.Level.WARNING, "the store cannot be followed", cause);
        }
        trouble = words;
        var _ = closing.await(times.pause().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Returns the session, which it opens if the last one broke. */
    private NodeSession session() throws SQLException {
        NodeSession open = session;
        if (open == null) {
            open = NodeSession.open(server);
            session = open;
            isBehind = true;
            open.take(primary);
            if (!open.poll(name, token, Long.MAX_VALUE).isMember()) {
                lose(OVER);
            } else if (!open.lockStore(alone) || !open.lockName(name)) {
                open.end(process, name);
                throw new SQLException("the server has not noticed yet that the earlier connection is gone");
            }
            process = open.process();
        }
        return open;
    }

    private static final String OVER = "another process took over its name, or the store was moved";

    private void turn(NodeSession open, Moment sent) throws SQLException {
        // Who reads everything again needs no changes, which may be those of an hour.
        NodeSession.Poll poll = open.poll(name, token, isBehind ? Long.MAX_VALUE : followed);
        if (!poll.isMember()) {
            lose(OVER);
            return;
        }
        clock = ReadClock.now(poll.at());
        Duration behind = Duration.between(Instant.now(), poll.at());
        if (behind.compareTo(ClockWatch.TOLERANCE) > 0) { // leases end by the machine's
            throw new StoreUnavailableException("this machine's clock is far behind the database's: set it");
        }
        Optional<List<StoreListener>> all = listeners;
        if (all.isPresent()) {
            // The number is less than before if the database has forgotten commits, as by a failover.
            if (isBehind || poll.forgotten() > followed || poll.number() < followed) {
                isBehind = true;
                all.get().forEach(StoreListener::reload);
                isAwaiting = true;
            } else {
                tell(all.get(), poll.changes());
            }
            followed = poll.number();
            isBehind = false;
        }
        if (!isAwaiting) {
            permit(sent, all.isPresent());
        }
        if (!reported.isWithin(REPORT, sent)) {
            open.report(name, followed, said);
            reported = sent;
        }
        if (!forgot.isWithin(FORGETTING, sent) && open.forget()) {
            forgot = sent;
        }
        if (isAwaiting) { // others have read above that this gateway is back, and may wait for that
            isOutOfReach = false;
            trouble = all.orElseThrow().stream()
                    .flatMap(listener -> listener.awaited().stream())
                    .findFirst()
                    .orElse("");
            isAwaiting = !trouble.isEmpty();
            if (!isAwaiting) {
                permit(sent, true);
            }
        }
    }

    private void permit(Moment sent, boolean follows) {
        isFollowing = follows;
        renewed = sent;
        isOutOfReach = true; // if no answer comes any more
        trouble = "";
    }

    private static void tell(List<StoreListener> listeners, List<StoreChange> changes) {
        Map<String, Set<String>> kinds = new LinkedHashMap<>();
        changes.forEach(change ->
                kinds.computeIfAbsent(change.kind(), _ -> new LinkedHashSet<>()).add(change.key()));
        kinds.forEach((kind, keys) -> listeners.forEach(listener -> listener.changed(kind, keys)));
    }

    /** Runs {@code standstill} when the permission ends, which nobody else notices while the database is silent. */
    private void watch(Runnable standstill) {
        boolean wasHeld = false;
        boolean hasServed = false;
        try {
            while (closing.getCount() > 0) {
                Moment seen = renewed;
                boolean isHeld = isHeld();
                if (wasHeld && !isHeld) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "this gateway serves nothing: {0}",
                            standstill().orElse(""));
                } else if (isHeld && !wasHeld) {
                    LOG.log(System.Logger.Level.INFO, "this gateway serves from the store {0}", server);
                }
                wasHeld = isHeld;
                hasServed |= isHeld;
                if (hasServed && !isHeld) {
                    stop(standstill); // again and again: what may go a while longer has an end too
                }
                long left = isHeld ? seen.nanos() + times.validity().toNanos() - System.nanoTime() : 0;
                var _ = closing.await(left > 0 ? left : times.pause().toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** A failure must not keep the next standstill from being noticed. */
    private static void stop(Runnable standstill) {
        try {
            standstill.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "calls in flight could not be cut off", e);
        }
    }

    /** The state in which the server ends a transaction of a gateway that may not write: see {@link #order}. */
    static final String NO_TURN = "22012";

    /**
     * Has the transaction of {@code sql} begin by a statement that makes it follow all earlier ones of every gateway,
     * and be followed by all later ones. It throws if this gateway may not write. The statement fails, with all that is
     * sent together with it, if its token is gone: zero rows are a division by zero.
     */
    void order(Sql sql) {
        if (!mayWrite() && !Thread.currentThread().equals(follower)) {
            throw new StoreUnavailableException(
                    "this gateway may not write: " + standstill().orElse("its membership was not renewed in time"));
        }
        // Whoever waits here finds the tokens as they are when its turn comes, because they are in the same row.
        sql.later(
                "WITH turn AS (UPDATE store_order SET number = number + 1 WHERE tokens ->> ? = ? RETURNING 1) SELECT 1 / count(*) FROM turn",
                name,
                token);
    }

    StoreUnavailableException overtaken() {
        lose(OVER);
        return new StoreUnavailableException("this gateway may not write: " + OVER);
    }

    private void lose(String reason) {
        if (lost.complete(reason)) {
            LOG.log(System.Logger.Level.ERROR, "this gateway serves no more: {0}", reason);
        }
    }

    /** Returns whether the store answers, and had this gateway among its members when it did. */
    boolean mayWrite() {
        return !lost.isDone() && closing.getCount() > 0 && renewed.isWithin(times.validity(), Moment.now());
    }

    /** Requires that {@code connection} has reached the primary that this gateway follows. */
    void requirePrimary(Connection connection) throws SQLException {
        primary.requireSame(connection);
    }

    /** Returns a number that is another one once connections to the store have broken. */
    long breaks() {
        return breaks.get();
    }

    /** Returns whether this gateway may serve. */
    public boolean isHeld() {
        return isFollowing && mayWrite();
    }

    /** Returns whether it may send what needs nothing of the store, and may go for {@code grace} after all else. */
    public boolean serves(Duration grace) {
        return isHeld() || remaining(grace).isPositive();
    }

    /** Returns how long that may go on. */
    public Duration remaining(Duration grace) {
        return !grace.isZero() && isFollowing && isOutOfReach && !lost.isDone() && closing.getCount() > 0
                ? renewed.left(times.validity().plus(grace), Moment.now())
                : Duration.ZERO;
    }

    /** Returns why this gateway does not serve, if it does not. */
    public Optional<String> standstill() {
        if (isHeld()) {
            return Optional.empty();
        }
        String why = trouble;
        return Optional.of(lost.getNow(why.isEmpty() ? "the store does not answer in time" : why));
    }

    /** Completes with the reason when the membership is lost for good: this process must end. */
    public CompletableFuture<String> lost() {
        return lost;
    }

    /** Returns the clock of the database, which is the same for all gateways. */
    public InstantSource clock() {
        return () -> clock.instant();
    }

    /** Gives the membership up, so that another gateway of this name begins at once. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (follower.isAlive()) {
                follower.join(MAX_END);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() {
        NodeSession open = session;
        try {
            // Who did not wait for the last one to the end leaves that to the next one. Who has lost the membership may
            // have calls in flight.
            if (open != null && isBegun && !lost.isDone()) {
                open.leave(name, token, alone);
            }
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "the store could not be left in order: {0}", e.getMessage());
        }
        closeSession();
    }

    private void closeSession() {
        NodeSession open = session;
        session = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.log(System.Logger.Level.DEBUG, "the session of the store broke: {0}", e.getMessage());
            }
        }
    }
}
