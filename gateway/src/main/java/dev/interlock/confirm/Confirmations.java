package dev.interlock.confirm;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Bytes;
import dev.interlock.action.EnrolledKeys;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Signatories;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The gate's side of holds: whether an attempt may go, parking it if not, and the one use of a confirmation.
 *
 * <p>Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails, and whoever calls it
 * refuses. Threading: any thread may call; each call is one transaction, and transactions take turns.
 */
public final class Confirmations {

    /** A lease with so many holds younger than their time to answer opens no more: people's attention is finite. */
    public static final int MAX_HOLDS_PER_LEASE = 8;

    private static final int NONCE_BYTES = 32;
    private static final int ULID_RANDOM_BYTES = 10;

    /** What came of parking an attempt. */
    public sealed interface Parking {

        /**
         * It waits.
         *
         * @param fresh false if the same request was parked before, and this is the same hold
         */
        record Parked(HoldTicket ticket, boolean fresh) implements Parking {}

        /** A person said no, and that covers this attempt: {@link Readiness.Denied}. */
        record Denied(Readiness.Denied denial) implements Parking {}

        /** Nobody is asked, for {@code reason}, whole sentences. */
        record Unaskable(String reason) implements Parking {}
    }

    private final Database database;
    private final SteadyClock clock;
    private final SecureRandom random;
    private final EnrolledKeys passkeys;

    /**
     * Makes the room on a database that was opened with {@link #schema}.
     *
     * @param wall the wall clock
     * @param nanos a clock that nobody can set, as {@link System#nanoTime}
     */
    public Confirmations(Database database, InstantSource wall, LongSupplier nanos, SecureRandom random) {
        this(database, wall, nanos, random, EnrolledKeys.NONE);
    }

    /**
     * The same, where people have passkeys.
     *
     * @param passkeys which of them count; it must not write to the store
     */
    public Confirmations(
            Database database, InstantSource wall, LongSupplier nanos, SecureRandom random, EnrolledKeys passkeys) {
        this.passkeys = passkeys;
        this.database = database;
        this.clock = new SteadyClock(wall, nanos, database.read(SteadyClock::floor));
        this.random = random;
    }

    /** This room's tables. */
    public static Schema schema() {
        return HoldRows.SCHEMA;
    }

    /**
     * The people's side of the same holds.
     *
     * @param leases whether the root lease of that name is in force now
     */
    public Confirmers confirmers(Predicate<String> leases) {
        return new Confirmers(database, clock, leases, passkeys);
    }

    /**
     * Whether an attempt that policy holds may go now.
     *
     * @param seal the one it was decided under
     * @param sensed resolved afresh, if a confirmation is to be consumed for it
     */
    public Readiness ready(Seal seal, Sensed sensed, Verdict.Hold verdict) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = begin(sql);
            return new Matching(rows(sql), signatories, sensed, verdict.obligations(), now).readiness();
        });
    }

    /** Parks an attempt that is not ready: asks people, or finds that they were asked already. */
    public Parking open(Seal seal, Sensed sensed, Verdict.Hold verdict) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            Matching matching = new Matching(rows, signatories, sensed, verdict.obligations(), now);
            return switch (matching.readiness()) {
                case Readiness.Waiting(HoldTicket ticket) -> new Parking.Parked(ticket, false);
                case Readiness.Ready(Confirmation confirmation) ->
                    new Parking.Parked(matching.ticket(confirmation.hold()), false);
                case Readiness.Denied denial -> new Parking.Denied(denial);
                case Readiness.Voided _, Readiness.Expired _, Readiness.Unasked _ ->
                    ask(rows, signatories, sensed, verdict, now);
            };
        });
    }

    /**
     * Uses a confirmation up, in the name of a durable intent; empty if it is no longer good, or somebody was faster.
     * It is durable when this returns, and stays used whatever happens next.
     *
     * <p>If the commit itself fails, it may be used up nevertheless: nothing went, and people must be asked again.
     */
    public Optional<Confirmation.Consumed> consume(Confirmation confirmation, String intent) {
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            // The intent carries these signatures: if a key was revoked since, it would be used without one of them.
            Optional<Hold> hold = rows.find(confirmation.hold())
                    .filter(found -> found.isUsable(now))
                    .filter(found -> Wording.armored(found).equals(confirmation.signatures()));
            if (hold.isEmpty()) {
                return Optional.empty();
            }
            Hold used = hold.get().ended(HoldState.CONSUMED, intent);
            // The condition on the state is in the UPDATE itself: of any number of racing copies one changes the row.
            return rows.step(hold.get(), used) ? Optional.of(consumed(used, intent)) : Optional.empty();
        });
    }

    /**
     * Ends what nobody answered or used in time, and tells what ended so since the last time, whoever noticed it first:
     * each is a denial that somebody should hear of.
     */
    public List<HoldTicket> expire(Seal seal) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            for (Hold hold : rows.live()) {
                Expiry.of(rows, hold, now);
            }
            return rows.newlyExpired().stream()
                    .map(hold -> Wording.ticket(hold, signatories, now))
                    .toList();
        });
    }

    private HoldRows rows(Sql sql) {
        return new HoldRows(sql, passkeys);
    }

    private Instant begin(Sql sql) throws SQLException {
        Instant now = clock.now();
        SteadyClock.keep(sql, now);
        return now;
    }

    private Parking ask(HoldRows rows, SealDocument seal, Sensed sensed, Verdict.Hold verdict, Instant now)
            throws SQLException {
        String lease = sensed.lease().root();
        long asked = rows.recent(lease, now).stream()
                .filter(hold -> hold.state() != HoldState.CONSUMED && now.isBefore(hold.signBy()))
                .count();
        if (asked >= MAX_HOLDS_PER_LEASE) {
            return new Parking.Unaskable(
                    "This lease has opened " + asked + " holds within the hour, and people are not asked for more.");
        }
        if (verdict.obligations().isEmpty()) {
            return new Parking.Unaskable("A hold that asks for nothing was decided by mistake.");
        }
        return ask(rows, seal, statement(seal, sensed, verdict, now), sensed, now);
    }

    private Parking ask(HoldRows rows, SealDocument seal, Optional<Statement> statement, Sensed sensed, Instant now)
            throws SQLException {
        if (statement.isEmpty()) {
            return new Parking.Unaskable("This is too long to be shown to people whole, so nobody can confirm it."
                    + " Ask for less at once.");
        }
        Hold hold = Hold.open(statement.get(), ActionClass.of(sensed), now.plus(Hold.DEFAULT_LIFE));
        rows.insert(hold);
        return new Parking.Parked(Wording.ticket(hold, seal, now), true);
    }

    /** Empty if it would be longer than a statement may be. */
    private Optional<Statement> statement(SealDocument seal, Sensed sensed, Verdict.Hold verdict, Instant now) {
        try {
            Statement statement = new Statement(
                    "H-" + new Ulid(now.toEpochMilli(), bytes(ULID_RANDOM_BYTES)),
                    seal.id(),
                    sensed.lease().root(),
                    sensed.lease().agent(),
                    sensed.lease().person(),
                    sensed.lease().task(),
                    sensed.attempt().upstream(),
                    sensed.meaning(),
                    sensed.outgoing().canonical(),
                    Wording.summary(sensed),
                    verdict.obligations().canonical(),
                    Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(NONCE_BYTES)),
                    now,
                    Hold.expiry(now, verdict.obligations().cooldown()));
            statement.canonical();
            return Optional.of(statement);
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Confirmation.Consumed consumed(Hold hold, String intent) {
        return new Confirmation.Consumed(
                hold.id(),
                intent,
                Bytes.of(hold.statement().canonical()),
                Wording.armored(hold),
                hold.signatures().stream()
                        .map(signed -> new Confirmation.Signer(signed.person(), signed.keyClass(), signed.typed()))
                        .toList());
    }
}
