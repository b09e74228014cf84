package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.QueueTimeoutException;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.Confirmations.ElevationStatus;
import dev.interlock.confirm.Confirmations.ParkResult;
import dev.interlock.evidence.Json;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.identity.Kill;
import dev.interlock.identity.LeaseElevation;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.policy.Policies;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Widens a lease for a while, by people's signatures. Its holder asks, and people see a hold beside the others. An
 * elevation only makes calls eligible; each is decided as ever.
 *
 * <p>The first to notice that people have signed puts it in force: the hold is used up, then the elevation is recorded,
 * then it counts. What a crash in between left is put in force again, until the same moment.
 */
public final class ElevationHandler implements ElevationRequests, ElevationGrants {

    private static final System.Logger LOG = System.getLogger(ElevationHandler.class.getName());

    /** The name that stands for the gateway itself. No upstream has this name. */
    private static final String OWN = ".interlock";

    static final int MAX_REASON = 500;
    private static final BigDecimal MOST_MINUTES = BigDecimal.valueOf(Elevation.MAX_TIME.toMinutes());
    private static final Duration DEFAULT_TIME = Duration.ofMinutes(15);
    private static final Set<String> MEMBERS = Set.of("environments", "impacts", "minutes", "reason", "resources");
    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final Leases leases;
    private final Policies policies;
    private final Confirmations confirmations;
    private final AuditRecorder records;
    private final HoldWaiters waits;
    private final CallHandler handler;
    private boolean behind = true; // guarded by this; true while a hold may be used up whose elevation is not in force

    public ElevationHandler(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            Leases leases,
            Policies policies,
            Confirmations confirmations,
            AuditRecorder records,
            CallHandler handler) {
        this.waits = handler.waits();
        this.handler = handler;
        leases.kills().endBeforeLift(this::endStopped);
        this.seals = seals;
        this.identity = identity;
        this.leases = leases;
        this.policies = policies;
        this.confirmations = confirmations;
        this.records = records;
    }

    private record ElevationRequest(Elevation elevation, String reason) {}

    @Override
    public Result elevate(Request request) {
        try {
            return switch (identity.recognise(request.presented(), request.place(), request.at())) {
                case CallIdentity.KnownCaller known -> elevate(known.lease(), request);
                case CallIdentity.RejectedCaller rejected -> refused(CallerCheck.rejected(rejected), request.place());
            };
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "not elevated, because the ledger cannot append", e);
            return new Result.RefusedElevation("", Refusals.noLedger(e));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "not elevated, because of an internal failure", e);
            return new Result.RefusedElevation("", Refusals.OURS);
        }
    }

    private Result elevate(Lease lease, Request request) throws LedgerUnavailableException {
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return refused(Resolution.Rejected.of(lease, Refusals.UNSEALED_ELEVATION.unavailable()), request.place());
        }
        Optional<Outcome.Refused<Void>> carried = handler.searched(lease, request.place(), text(request.subject()));
        if (carried.isPresent()) {
            return new Result.RefusedElevation(
                    carried.get().receipt(), carried.get().refusal());
        }
        return switch (request.subject()) {
            case Subject.ElevationQuery(String hold) -> told(seal.get(), lease, hold, "", request);
            case Subject.NewElevation(Bytes asked) -> more(seal.get(), lease, asked, request);
        };
    }

    private static Bytes text(Subject wish) {
        return switch (wish) {
            case Subject.ElevationQuery(String hold) -> Bytes.utf8(hold);
            case Subject.NewElevation(Bytes asked) -> asked;
        };
    }

    private Result more(Seal seal, Lease lease, Bytes asked, Request request) throws LedgerUnavailableException {
        ElevationRequest wanted;
        try {
            wanted = read(asked);
        } catch (IllegalArgumentException _) { // its message quotes what an agent wrote
            return refused(Resolution.Rejected.of(lease, Refusals.UNREAD_ELEVATION.notUnderstood()), request.place());
        }
        return switch (ask(seal, lease, wanted.elevation(), wanted.reason())) {
            case AskResult.OpenRequestResult(String hold, String receipt) -> told(seal, lease, hold, receipt, request);
            case AskResult.Refused(Refusal refusal) -> refused(Resolution.Rejected.of(lease, refusal), request.place());
        };
    }

    @Override
    public AskResult ask(Seal seal, Lease lease, Elevation elevation, String reason) throws LedgerUnavailableException {
        Optional<String> objection = leases.objection(seal, lease, elevation);
        if (objection.isPresent()) {
            return new AskResult.Refused(Refusals.elevationTooWide(objection.get()));
        }
        boolean other = policies.wantsOthers(seal, elevation);
        ParkResult parking;
        try {
            parking = confirmations.askFor(seal, lease, elevation, reason, other);
        } catch (QueueTimeoutException _) { // only recorded: a log would grow as fast as an agent asks
            return new AskResult.Refused(Refusals.BUSY);
        }
        return switch (parking) {
            case ParkResult.ParkedAttempt(var ticket, boolean fresh) ->
                new AskResult.OpenRequestResult(
                        ticket.id(), fresh ? records.asked(lease, ticket, elevation.json()) : "");
            case ParkResult.DeniedAttempt(var denial) -> new AskResult.Refused(Refusals.of(denial));
            case ParkResult.UnaskableAttempt(String why) -> new AskResult.Refused(Refusals.unaskable(why));
            case ParkResult.LimitReached reached -> new AskResult.Refused(Refusals.of(reached));
            case ParkResult.ElevationsUsedUp usedUp -> new AskResult.Refused(Refusals.of(usedUp));
        };
    }

    private Result told(Seal seal, Lease lease, String hold, String receipt, Request request)
            throws LedgerUnavailableException {
        Optional<ElevationStatus> news = awaited(seal, lease, hold, request);
        if (news.isEmpty()) {
            return refused(Resolution.Rejected.of(lease, Refusals.UNKNOWN_ELEVATION), request.place());
        }
        return switch (news.get().how()) {
            case ElevationStatus.OpenElevation _ ->
                new Result.ElevationReport(receipt, hold, false, members(lease, news.get(), "open", Optional.empty()));
            case ElevationStatus.ConfirmedElevation _ ->
                new Result.ElevationReport(
                        receipt, hold, false, members(lease, news.get(), "signed", Optional.empty()));
            case ElevationStatus.GrantedElevation(Instant until) ->
                given(seal, lease, receipt, news.get(), ends(hold, until), request);
            case ElevationStatus.EndedElevation(String ending) ->
                refused(
                        Resolution.Rejected.of(
                                lease,
                                Refusals.notGranted(
                                        hold, ending, news.get().ticket().covers())),
                        request.place());
        };
    }

    private Result given(Seal seal, Lease lease, String receipt, ElevationStatus news, Instant until, Request request)
            throws LedgerUnavailableException {
        String hold = news.ticket().id();
        if (!request.at().isBefore(until)) { // checked first: an elevation that is over is not remembered for long
            return refused(Resolution.Rejected.of(lease, Refusals.endedElevation(hold, until)), request.place());
        }
        if (identity.isWithdrawn(hold, seal)) {
            return refused(Resolution.Rejected.of(lease, Refusals.withdrawn(hold)), request.place());
        }
        return leases.widenings().isKnown(hold)
                ? new Result.ElevationReport(receipt, hold, true, members(lease, news, "given", Optional.of(until)))
                : new Result.RefusedElevation(receipt, Refusals.NO_LEDGER);
    }

    /** Returns the earlier of both ends: {@code left} by the clock of holds, or the end by the wall clock. */
    private Instant ends(String hold, Instant left) {
        return leases.widenings()
                .by(hold)
                .filter(widening -> !widening.isEnded())
                .map(LeaseElevation::receiptUntil)
                .filter(told -> told.isBefore(left))
                .orElse(left);
    }

    private Optional<ElevationStatus> awaited(Seal seal, Lease lease, String hold, Request request) {
        if (request.waitLimit().isZero()) {
            return looked(seal, lease, hold);
        }
        try (HoldWaiters.Waiter seat = waits.seat(lease, request.waitLimit())) {
            if (!seat.isFree()) {
                return looked(seal, lease, hold);
            }
            seat.bell.listenFor(hold);
            try (Upstream.WaitState _ = request.waits().apply(seat::leave)) {
                Optional<ElevationStatus> news = looked(seal, lease, hold);
                while (news.filter(ElevationHandler::isUndecided).isPresent()
                        && !seat.isAbandoned()
                        && seat.timeLeft().isPositive()
                        && seat.leaseTimeLeft(OWN).isPositive()
                        && isRoused(seat)) {
                    news = looked(seal, lease, hold);
                }
                return news;
            }
        }
    }

    /** Waits for a change. Returns false if the gateway ends: an interrupted thread may not even read the hold. */
    private static boolean isRoused(HoldWaiters.Waiter seat) {
        try {
            var _ = seat.await(seat.leaseTimeLeft(OWN));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean isUndecided(ElevationStatus news) {
        return news.how() instanceof ElevationStatus.OpenElevation
                || news.how() instanceof ElevationStatus.ConfirmedElevation;
    }

    /** Returns the state of {@code hold}. It puts elevations in force only if people have signed for this one. */
    private Optional<ElevationStatus> looked(Seal seal, Lease lease, String hold) {
        Optional<ElevationStatus> news = confirmations.elevationStatus(seal, lease.root(), hold);
        if (news.filter(this::isOwed).isEmpty()) {
            return news;
        }
        var _ = settle();
        return confirmations.elevationStatus(seal, lease.root(), hold);
    }

    private boolean isOwed(ElevationStatus news) {
        return switch (news.how()) {
            case ElevationStatus.ConfirmedElevation _ -> true;
            case ElevationStatus.GrantedElevation _ ->
                !leases.widenings().isKnown(news.ticket().id());
            case ElevationStatus.OpenElevation _, ElevationStatus.EndedElevation _ -> false;
        };
    }

    @Override
    public synchronized boolean settle() {
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return true;
        }
        boolean isOwed = behind;
        behind = true; // until all are in force; it also stays true if grant() has written and then failed
        List<Confirmations.SignedElevation> signed =
                new ArrayList<>(confirmations.grant(seal.get(), identity::isKilled));
        if (isOwed) {
            signed.addAll(confirmations.used(seal.get()));
        }
        try {
            for (Confirmations.SignedElevation one : signed) {
                give(one);
            }
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "an elevation is not granted, because the ledger cannot append", e);
            return false;
        }
        behind = false;
        return true;
    }

    /**
     * Ends what {@code kill} has stopped, also what people were only asked for: lifting it must bring none back.
     * Returns whether that is so.
     */
    private boolean endStopped(Kill kill) {
        if (!settle()) { // what is used up and not given yet would be given later
            return false;
        }
        confirmations.endElevations(
                lease -> leases.isStopped(kill, lease),
                kill.target()::isPerson,
                "A kill stopped the lease, or a signer, after it was asked for.");
        leases.endElevations(kill);
        return true;
    }

    /** Puts in force an elevation whose hold is used up. It is recorded first: no lease is wider without a record. */
    private void give(Confirmations.SignedElevation signed) throws LedgerUnavailableException {
        Optional<Lease> lease = leases.notEnded(signed.lease());
        if (lease.isEmpty() || leases.widenings().isKnown(signed.used().hold())) {
            return;
        }
        Json.Members statement = Json.readObject(signed.used().statement().toArray());
        Instant told = confirmations.onTheWall(signed.until());
        records.recordAdministration(
                ReceiptMembers.of(lease.get(), signed.elevation().json())
                        .with("command", "elevation.give")
                        .with("hold", signed.used().hold())
                        .with("until", told.toString())
                        .withTexts("signers", signed.used().people())
                        .with(
                                "confirmation",
                                Json.object()
                                        .with("statement", statement)
                                        .withTexts("signatures", signed.used().signatures())));
        leases.widenings()
                .add(new LeaseElevation(
                        signed.used().hold(),
                        signed.lease(),
                        statement.text("seal"),
                        signed.elevation(),
                        signed.until(),
                        told,
                        signed.used().signers().stream()
                                .map(signer -> new LeaseElevation.ElevationSigner(signer.person(), signer.key()))
                                .toList()));
    }

    private Result refused(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        return new Result.RefusedElevation(records.refused(rejected, place), rejected.refusal());
    }

    private static Json.Members members(Lease lease, ElevationStatus news, String state, Optional<Instant> ends) {
        Json.Members members = news.elevation()
                .json()
                .with("elevation", news.ticket().id())
                .with("lease", lease.id())
                .with("state", state)
                .with("summary", news.ticket().summary());
        return ends.map(until -> members.with("until", until.toString())
                        .with("next", "Send the refused request again: it is now decided under the wider lease."))
                .orElseGet(() -> members.with("expires", news.ticket().expires().toString())
                        .withTexts("missing", news.ticket().missing())
                        .with("next", news.ticket().next()));
    }

    private static ElevationRequest read(Bytes asked) {
        if (!(Value.find(asked).orElse(null) instanceof Value.Members(Map<String, Value> members))
                || !MEMBERS.containsAll(members.keySet())) {
            throw new IllegalArgumentException("not an object with these members");
        }
        String reason = text(members.get("reason")).strip();
        if (reason.isEmpty()
                || reason.length() > MAX_REASON
                || !reason.codePoints().allMatch(VisibleText::isVisible)) {
            throw new IllegalArgumentException("the reason is not a sentence");
        }
        Set<Impact> impacts = EnumSet.noneOf(Impact.class);
        texts(members.get("impacts")).forEach(word -> impacts.add(Impact.of(word)));
        return new ElevationRequest(
                new Elevation(
                        new TreeSet<>(texts(members.get("environments"))),
                        impacts,
                        members.containsKey("resources")
                                ? texts(members.get("resources")).stream()
                                        .map(Resource::parse)
                                        .collect(Collectors.toSet())
                                : Set.of(),
                        members.containsKey("minutes") ? minutes(members.get("minutes")) : DEFAULT_TIME),
                reason);
    }

    private static Duration minutes(@Nullable Value value) {
        if (value instanceof Value.Numeric(BigDecimal number)
                && number.stripTrailingZeros().scale() <= 0
                && number.abs().compareTo(MOST_MINUTES) <= 0) {
            return Duration.ofMinutes(number.longValueExact());
        }
        throw new IllegalArgumentException("a number");
    }

    private static List<String> texts(@Nullable Value value) {
        if (!(value instanceof Value.Items(var items)) || items.isEmpty()) {
            throw new IllegalArgumentException("not an array with at least one string");
        }
        return items.stream().map(ElevationHandler::text).toList();
    }

    private static String text(@Nullable Value value) {
        if (value instanceof Value.Text(String text)) {
            return text;
        }
        throw new IllegalArgumentException("a string");
    }
}
