package dev.interlock.confirm;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Asking;
import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.EnrolledKeys;
import dev.interlock.action.Grounds;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Signatories;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.Confirmed;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.LeaseWidening;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The gate's side of holds: whether an attempt may go, parking it if not, and the one use of a confirmation.
 *
 * <p>Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails, and whoever calls it
 * refuses. What an agent causes as often as it likes throws {@link dev.interlock.action.CrowdedException} if its lease
 * causes too much of it; what people have confirmed is used up without waiting behind that.
 *
 * <p>Threading: any thread may call; each call is one transaction, and transactions take turns.
 */
public final class Confirmations {

    /** A lease with so many holds younger than their time to answer opens no more: people's attention is finite. */
    public static final int MAX_HOLDS_PER_LEASE = 8;

    /** So often within an hour a lease may ask to be widened. */
    public static final int MAX_ELEVATIONS_PER_HOUR = 4;

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
    private final Bells bells = new Bells();
    private final EnrolledKeys passkeys;

    /**
     * Makes the room on a database that was opened with {@link #schemas}.
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
    public static List<Schema> schemas() {
        return List.of(HoldRows.SCHEMA, HoldRows.GLANCES, HoldRows.BODIES, HoldRows.PEOPLE, GlassRows.SCHEMA);
    }

    /**
     * The people's side of the same holds.
     *
     * @param leases whether the root lease of that name is in force now
     */
    public Confirmers confirmers(Predicate<String> leases) {
        return new Confirmers(database, clock, leases, bells, passkeys);
    }

    /** What one person may do alone on a bad day. */
    public Glass glass(Confirmers confirmers) {
        return new Glass(database, clock, confirmers, passkeys);
    }

    /**
     * Whether an attempt that policy holds may go now.
     *
     * @param seal the one it was decided under
     * @param sensed resolved afresh, if a confirmation is to be consumed for it
     */
    public Readiness ready(Seal seal, Sensed sensed, Verdict.Hold verdict) {
        SealDocument signatories = Signatories.of(seal);
        Wanted wanted = new Wanted(seal, sensed, verdict.obligations().other());
        return database.writeFor(sensed.lease().root(), sql -> {
            Instant now = begin(sql);
            return new Matching(rows(sql), signatories, wanted, verdict.obligations(), now).readiness();
        });
    }

    /** Parks an attempt that is not ready: asks people, or finds that they were asked already. */
    public Parking open(Seal seal, Sensed sensed, Verdict.Hold verdict) {
        SealDocument signatories = Signatories.of(seal);
        Wanted wanted = new Wanted(seal, sensed, verdict.obligations().other());
        return database.writeFor(sensed.lease().root(), sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            Matching matching = new Matching(rows, signatories, wanted, verdict.obligations(), now);
            return switch (matching.readiness()) {
                case Readiness.Waiting(HoldTicket ticket) -> new Parking.Parked(ticket, false);
                case Readiness.Ready(Confirmation confirmation) ->
                    new Parking.Parked(matching.ticket(confirmation.hold()), false);
                case Readiness.Denied denial -> new Parking.Denied(denial);
                case Readiness.Voided _, Readiness.Expired _, Readiness.Unasked _ ->
                    ask(rows, signatories, wanted, verdict, now);
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
     * Whether {@code intent}, of which a crash left no outcome, has certainly not used {@code hold} up. Of a hold that
     * is not here, or that is not over, nothing is certain: the store may be an older one that was put back. One that
     * is signed is used up by that intent from now on, since it may have been, and nothing goes by it twice.
     */
    public boolean leftUnused(String hold, String intent) {
        return database.write(sql -> {
            HoldRows rows = rows(sql);
            Optional<Hold> found = rows.find(hold);
            if (found.isEmpty()) {
                return false;
            }
            return switch (found.get().state()) {
                case OPEN -> false;
                case SIGNED -> {
                    rows.step(found.get(), found.get().ended(HoldState.CONSUMED, intent));
                    yield false;
                }
                case DENIED, CANCELLED, VOID, EXPIRED -> true;
                case CONSUMED -> !found.get().ending().equals(Optional.of(intent));
            };
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
            for (Hold hold : rows.due(now)) {
                Expiry.of(rows, hold, now);
            }
            return rows.newlyExpired().stream()
                    .map(hold -> Wording.ticket(hold, signatories, now))
                    .toList();
        });
    }

    /**
     * That a hold has waited so long that others hear of it.
     *
     * @param to the group
     * @param after how long it has waited
     */
    public record Escalated(HoldTicket ticket, String to, Duration after) {}

    /**
     * Whom the seal's ladder has told by now, of those who were not told before: each once for a hold, whoever asks and
     * however often the gateway starts. Nobody is told of what has been answered, or has ended.
     */
    public List<Escalated> escalate(Seal seal) {
        List<Asking.Rung> ladder = seal.asking().ladder();
        if (ladder.isEmpty()) {
            return List.of();
        }
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            List<Escalated> told = new ArrayList<>();
            for (Asking.Rung rung : ladder) {
                for (Hold hold : rows.unanswered(now.minus(rung.after()), named(rung))) {
                    if (!hold.isOverdue(now)
                            && rung.isFor(hold.environments())
                            && rows.escalate(hold.id(), named(rung))) {
                        told.add(new Escalated(Wording.ticket(hold, signatories, now), rung.to(), rung.after()));
                    }
                }
            }
            return told;
        });
    }

    private static String named(Asking.Rung rung) {
        return rung.after().toSeconds() + " " + rung.to();
    }

    /**
     * Asks people to widen {@code lease}, or finds that they were asked already.
     *
     * @param reason why, in the words of whoever asks
     * @param other whether the person behind the lease may not sign
     */
    public Parking askFor(Seal seal, Lease lease, Elevation elevation, String reason, boolean other) {
        SealDocument signatories = Signatories.of(seal);
        Obligations obligations = seal.asking()
                .of(new Obligations(Set.of(), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, other));
        return database.writeFor(lease.root(), sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            Wanted asked = new Wanted(seal, Elevations.asked(lease, elevation, reason, now), obligations.other());
            Optional<Parking> known = new Matching(rows, signatories, asked, obligations, now).elevation();
            if (known.isPresent()) {
                return known.get();
            }
            List<Hold> lately = rows.recent(lease.root(), now).stream()
                    .filter(hold -> now.isBefore(hold.signBy()))
                    .toList();
            if (lately.size() >= MAX_HOLDS_PER_LEASE
                    || lately.stream().filter(Hold::isElevation).count() >= MAX_ELEVATIONS_PER_HOUR) {
                return new Parking.Unaskable("This lease has asked people as often as it may within the hour.");
            }
            Verdict.Hold verdict = new Verdict.Hold(new Grounds(seal.id(), List.of()), obligations);
            Optional<Statement> statement =
                    statement(signatories, asked, verdict, Visible.text(Elevations.summary(lease, elevation)), now);
            return ask(rows, signatories, statement, asked, now);
        });
    }

    /** What came of narrowing. */
    public sealed interface Narrowed {

        /** It is about less from now on, and every signature for more is gone. */
        record Done(HoldTicket ticket, Elevation elevation) implements Narrowed {}

        /** It is as it was. */
        record Refused(String reason) implements Narrowed {}
    }

    /** Makes an open hold about an elevation one about {@code narrower}, of which there is a new statement to sign. */
    public Narrowed narrow(Seal seal, String id, Lease lease, Elevation narrower) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            Optional<Hold> found = rows.find(id).filter(Hold::isElevation);
            if (found.isEmpty() || !found.get().statement().lease().equals(lease.root())) {
                return new Narrowed.Refused("There is no hold of that name about an elevation of that lease.");
            }
            Hold hold = Expiry.of(rows, found.get(), now);
            if (hold.state() != HoldState.OPEN) {
                return new Narrowed.Refused("The hold is " + hold.state().word() + ", and is what it is.");
            }
            if (!narrower.isWithin(Elevations.given(hold.statement()))) {
                return new Narrowed.Refused("That is more than was asked for: "
                        + Elevations.words(Elevations.given(hold.statement())) + ".");
            }
            String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(NONCE_BYTES));
            Hold narrowed = hold.about(Elevations.narrowed(seal, hold.statement(), lease, narrower, nonce));
            rows.replace(hold, narrowed);
            return new Narrowed.Done(Wording.ticket(narrowed, signatories, now), narrower);
        });
    }

    /**
     * An elevation that people have signed for.
     *
     * @param lease whose
     * @param from when everybody needed had signed and the cooldown was over: its time is counted from there
     * @param used the signatures, and the statement that they are under
     */
    public record Signed(String lease, Elevation elevation, Instant from, Confirmation.Consumed used) {

        /** When it ends, by the clock of {@link Confirmations#now}. */
        public Instant until() {
            return from.plus(elevation.time());
        }
    }

    /** The time by which holds, and what they give, end: whoever sets the wall clock makes nothing last longer. */
    public Instant now() {
        return clock.now();
    }

    /** What {@code time} by that clock, which may be ahead, is on the wall clock: for people, agents and the log. */
    public Instant onTheWall(Instant time) {
        return clock.onTheWall(time);
    }

    /** Uses up each elevation that everybody needed has signed; each is told of once, and then is {@link #used}. */
    public List<Signed> grant(Seal seal, Predicate<String> isKilled) {
        SealDocument signatories = Signatories.of(seal);
        // As nearly always there is none: whoever looks for nothing takes nobody's turn to write.
        boolean isAny = database.read(
                sql -> !signed(rows(sql), signatories, isKilled, clock.now()).isEmpty());
        if (!isAny) {
            return List.of();
        }
        return database.write(sql -> {
            Instant now = begin(sql);
            HoldRows rows = rows(sql);
            List<Signed> granted = new ArrayList<>();
            for (Hold hold : signed(rows, signatories, isKilled, now)) {
                Hold used = hold.ended(HoldState.CONSUMED, "It has widened the lease.");
                if (rows.step(hold, used)) {
                    granted.add(signed(used));
                }
            }
            return granted;
        });
    }

    private static List<Hold> signed(HoldRows rows, SealDocument signatories, Predicate<String> isKilled, Instant now)
            throws SQLException {
        return rows.signed().stream()
                .filter(hold ->
                        hold.isElevation() && hold.isUsable(now) && isConfirmed(hold, signatories, isKilled, now))
                .toList();
    }

    // The store is not evidence: the signatures are looked at once more.
    private static boolean isConfirmed(Hold hold, SealDocument seal, Predicate<String> isKilled, Instant now) {
        Confirmed confirmed = ConfirmationCheck.check(seal, hold.statement(), Wording.armored(hold), now);
        return confirmed.isSatisfied()
                && confirmed.signers().stream().noneMatch(signer -> isKilled.test(signer.person()))
                && confirmed.signers().stream()
                        .anyMatch(signer -> LeaseWidening.maySign(hold.statement(), seal, signer.person()));
    }

    /**
     * The elevations that were used up and whose time is not over: what a crash has kept from taking effect. Not those
     * of which a key has been revoked since that they needed.
     */
    public List<Signed> used(Seal seal) {
        SealDocument signatories = Signatories.of(seal);
        return database.read(sql -> {
            Instant now = clock.now();
            return rows(sql).consumedSince(now.minus(Elevation.MAX_TIME)).stream()
                    .filter(Hold::isElevation)
                    .filter(hold -> isConfirmed(
                            hold,
                            signatories,
                            _ -> false, // while somebody is killed it is worth nothing anyway
                            hold.usableFrom().orElseThrow()))
                    .map(Confirmations::signed)
                    .filter(signed -> now.isBefore(signed.until()))
                    .toList();
        });
    }

    private static Signed signed(Hold hold) {
        return new Signed(
                hold.statement().lease(),
                Elevations.given(hold.statement()),
                hold.usableFrom().orElseThrow(),
                consumed(hold, hold.ending().orElse("")));
    }

    /** What whoever asked for an elevation may know of it. */
    public record News(HoldTicket ticket, Elevation elevation, How how) {

        /** What has become of it. */
        public sealed interface How {}

        /** People have yet to sign. */
        public record Open() implements How {}

        /** They have, and it is not given yet. */
        public record Signed() implements How {}

        /**
         * It has widened the lease.
         *
         * @param until when that ends on the wall clock
         */
        public record Given(Instant until) implements How {}

        /**
         * It gives nothing.
         *
         * @param ending why; empty if nobody has noticed yet
         */
        public record Over(String ending) implements How {}
    }

    /** What became of the elevation that {@code lease} asked for by hold {@code id}, if there is one. */
    public Optional<News> news(Seal seal, String lease, String id) {
        SealDocument signatories = Signatories.of(seal);
        return database.read(sql -> {
            Instant now = clock.now();
            return rows(sql)
                    .find(id)
                    .filter(hold ->
                            hold.isElevation() && hold.statement().lease().equals(lease))
                    .map(hold -> new News(
                            Wording.ticket(hold, signatories, now),
                            Elevations.given(hold.statement()),
                            how(hold, now)));
        });
    }

    private News.How how(Hold hold, Instant now) {
        if (hold.isOverdue(now)) {
            return new News.Over(hold.ending().orElse(""));
        }
        return switch (hold.state()) {
            case OPEN -> new News.Open();
            case SIGNED -> new News.Signed();
            case CONSUMED -> new News.Given(onTheWall(signed(hold).until()));
            case DENIED, CANCELLED, VOID, EXPIRED -> new News.Over(hold.ending().orElse(""));
        };
    }

    /** A bell that rings whenever something has become of a hold; whoever hangs it up takes it down. */
    public Bell bell() {
        return bells.hang();
    }

    /** Where hold {@code id} stands now, for whoever waits for it. */
    public Standing standing(String id) {
        return database.read(sql -> {
            Instant now = clock.now();
            return rows(sql)
                    .find(id)
                    .map(hold -> Standing.of(hold, now))
                    .orElseGet(() -> new Standing.Over(Standing.How.VOID));
        });
    }

    private HoldRows rows(Sql sql) {
        return new HoldRows(sql, passkeys, bells::ring);
    }

    private Instant begin(Sql sql) throws SQLException {
        Instant now = clock.now();
        SteadyClock.keep(sql, now);
        return now;
    }

    private Parking ask(HoldRows rows, SealDocument seal, Wanted wanted, Verdict.Hold verdict, Instant now)
            throws SQLException {
        String lease = wanted.sensed().lease().root();
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
        Optional<Statement> statement = wanted.isTooLong()
                ? Optional.empty()
                : statement(seal, wanted, verdict, Wording.summary(wanted.sensed()), now);
        return ask(rows, seal, statement, wanted, now);
    }

    private Parking ask(HoldRows rows, SealDocument seal, Optional<Statement> statement, Wanted wanted, Instant now)
            throws SQLException {
        if (statement.isEmpty()) {
            return new Parking.Unaskable("This is too long to be shown to people whole, so nobody can confirm it."
                    + " Ask for less at once.");
        }
        Hold hold = Hold.open(statement.get(), wanted.classes(), now.plus(Hold.DEFAULT_LIFE));
        rows.insert(hold);
        Optional<Json.Array> body = hold.isElevation() ? Optional.empty() : MaskedBody.of(wanted.sensed());
        if (body.isPresent()) {
            rows.show(hold.id(), body.get());
        }
        return new Parking.Parked(Wording.ticket(hold, seal, now), true);
    }

    /** Empty if it would be longer than a statement may be. */
    private Optional<Statement> statement(
            SealDocument seal, Wanted wanted, Verdict.Hold verdict, String summary, Instant now) {
        Sensed sensed = wanted.sensed();
        try {
            Statement statement = new Statement(
                    "H-" + new Ulid(now.toEpochMilli(), bytes(ULID_RANDOM_BYTES)),
                    seal.id(),
                    sensed.lease().root(),
                    sensed.lease().agent(),
                    sensed.lease().person(),
                    wanted.behind(),
                    sensed.lease().task(),
                    sensed.attempt().upstream(),
                    wanted.meaning(),
                    wanted.request(),
                    summary,
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
                        .map(signed -> new Confirmation.Signer(
                                signed.person(), signed.keyClass(), signed.fingerprint(), signed.typed()))
                        .toList());
    }
}
