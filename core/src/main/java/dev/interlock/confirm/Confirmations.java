package dev.interlock.confirm;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Bytes;
import dev.interlock.action.ClockWatch;
import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ConfirmationResult;
import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import dev.interlock.store.StoreListener;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The gate's side of holds: checks whether an attempt may be sent, parks it if not, and consumes each confirmation
 * once.
 *
 * <p>Every method throws {@link dev.interlock.store.StoreUnavailableException} if the store fails, and the caller
 * refuses. A method that agents can call at will throws {@link dev.interlock.action.QueueTimeoutException} if its lease
 * calls it too often. Consuming a confirmation does not wait behind such calls.
 *
 * <p>Threading: any thread may call; each call is one transaction, and transactions take turns.
 */
public final class Confirmations {

    /** Questions of an agent that wait for people at once: their attention is limited. A set is one. */
    public static final int MAX_HOLDS_PER_AGENT = 8;

    /** The maximum number of elevations that an agent may request within an hour, used ones included. */
    public static final int MAX_ELEVATIONS_PER_HOUR = 4;

    /** How long the texts are kept of which the log has only digests: enough to look into what happened. */
    public static final Duration TEXTS_KEPT = Duration.ofDays(30);

    private static final int NONCE_BYTES = 32;
    private static final int ULID_RANDOM_BYTES = 10;

    public sealed interface ParkResult {

        /** It waits; not {@code fresh} if the same request was parked before. */
        record ParkedAttempt(HoldTicket ticket, boolean fresh) implements ParkResult {}

        /** A person denied a hold, and the denial covers this attempt: {@link HoldReadiness.DeniedHold}. */
        record DeniedAttempt(HoldReadiness.DeniedHold denial) implements ParkResult {}

        /** Nobody is asked. The {@code reason} is in whole sentences. */
        record UnaskableAttempt(String reason) implements ParkResult {}

        /** As many questions of the agent wait for people as may: {@code open}, each its hold and what it asks. */
        record LimitReached(String asked, List<String> open, Instant next) implements ParkResult {
            public LimitReached {
                open = List.copyOf(open);
            }
        }

        /** The agent has asked for as many elevations as it may until {@code next}. */
        record ElevationsUsedUp(List<String> holds, Instant since, Instant next) implements ParkResult {
            public ElevationsUsedUp {
                holds = List.copyOf(holds);
            }
        }
    }

    private final HoldStore store;
    private final HoldPlans plans;
    private final SteadyClock clock;
    private final SecureRandom random;

    /** One for each waiting agent, whose number the gate limits. */
    private final Set<HoldSignal> signals = ConcurrentHashMap.newKeySet();

    private final PasskeyRegistry passkeys;

    /**
     * No other in this process uses the store; {@code passkeys} must not write to it. All that share a store have one
     * clock {@code wall}.
     */
    public Confirmations(
            HoldStore store, InstantSource wall, LongSupplier nanos, SecureRandom random, PasskeyRegistry passkeys) {
        this.passkeys = passkeys;
        this.store = store;
        store.begin(passkeys::counts, this::wake);
        this.clock = new SteadyClock(wall, nanos, store.read(HoldRows::reached));
        this.random = random;
        this.plans = new HoldPlans(this, store);
    }

    private void wake(String id) {
        signals.stream().filter(signal -> signal.isFor(id)).forEach(HoldSignal::signal);
    }

    /** Returns what notices here that another gateway changes holds or opens plans. */
    public StoreListener follower() {
        return new StoreListener() {
            @Override
            public void changed(String kind, Set<String> keys) {
                if (kind.equals(SqliteHoldStore.KIND)) {
                    keys.forEach(Confirmations.this::wake);
                } else if (kind.equals(SqliteHoldStore.PLAN)) {
                    plans.forget();
                }
            }

            @Override
            public void reload() {
                plans.forget();
                signals.forEach(HoldSignal::signal);
            }
        };
    }

    /** Returns the people's side of the same holds; {@code leases} tells whether a root lease is in force. */
    public HoldSigning confirmers(Predicate<String> leases) {
        return new HoldSigning(store, clock, leases, passkeys);
    }

    /** Does the same by what was read when {@code before} was found: whoever uses it learns of what has changed. */
    public HoldReadiness ready(Seal seal, ResolvedAttempt sensed, Verdict.Hold verdict, Optional<Confirmation> before) {
        SealDocument signatories = SealConversion.of(seal);
        ComparableAttempt wanted =
                new ComparableAttempt(seal, sensed, verdict.obligations().other());
        Instant glance = clock.now();
        List<Hold> recent = before.map(Confirmation::recent)
                .filter(found -> !found.isEmpty())
                .orElseGet(() -> store.recent(sensed.lease().root(), glance));
        Optional<Confirmation> signed =
                new HoldMatcher(signatories, wanted, verdict.obligations(), glance).signed(recent);
        if (signed.isPresent()) {
            return new HoldReadiness.ReadyHold(signed.get());
        }
        return store.writeForLease(sensed.lease().root(), rows -> {
            Instant now = begin(rows);
            HoldMatcher matching = new HoldMatcher(signatories, wanted, verdict.obligations(), now);
            HoldReadiness readiness = matching.readiness(rows);
            return switch (readiness) {
                case HoldReadiness.ReadyHold _, HoldReadiness.DeniedHold _ -> readiness;
                case HoldReadiness.WaitingHold _,
                        HoldReadiness.VoidedHold _,
                        HoldReadiness.ExpiredHold _,
                        HoldReadiness.NoHoldYet _ ->
                    matching.granted(rows)
                            .<HoldReadiness>map(HoldReadiness.ReadyHold::new)
                            .orElse(readiness);
            };
        });
    }

    /**
     * Returns whether people have signed this request and it may be sent, unless its effect or the seal has changed.
     */
    public boolean isSigned(ResolvedAttempt sensed) {
        String request = sensed.requestDigest();
        return store.read(rows -> {
            Instant now = clock.now();
            return rows.liveOf(sensed.lease().root(), request)
                    .filter(hold -> hold.isUsable(now))
                    .isPresent();
        });
    }

    /**
     * Returns {@code sensed} as people were asked about it, if an upstream has counted no more than they were told;
     * else as it is.
     */
    public ResolvedAttempt asked(ResolvedAttempt sensed) {
        String request = sensed.requestDigest();
        return store.read(rows -> rows.liveOf(sensed.lease().root(), request)
                .flatMap(hold -> CountedMeaning.within(hold.statement(), sensed))
                .orElse(sensed));
    }

    /** Returns what people were asked for {@code lease} and have not answered, or whose answer is not yet used. */
    public List<HoldTicket> questions(Lease lease, Seal seal) {
        SealDocument signatories = SealConversion.of(seal);
        return store.read(rows -> {
            Instant now = clock.now();
            return rows.recent(lease.root(), now).stream()
                    .filter(hold -> hold.state().isLive() && !hold.isOverdue(now))
                    .map(hold -> HoldPhrases.ticket(hold, signatories, now))
                    .toList();
        });
    }

    /** Parks an attempt that is not ready: asks people, unless they were asked already. */
    public ParkResult open(Seal seal, ResolvedAttempt sensed, Verdict.Hold verdict) {
        SealDocument signatories = SealConversion.of(seal);
        ComparableAttempt wanted =
                new ComparableAttempt(seal, sensed, verdict.obligations().other());
        return store.writeForLease(sensed.lease().root(), rows -> {
            Instant now = begin(rows);
            HoldMatcher matching = new HoldMatcher(signatories, wanted, verdict.obligations(), now);
            return switch (matching.readiness(rows)) {
                case HoldReadiness.WaitingHold(HoldTicket ticket) -> new ParkResult.ParkedAttempt(ticket, false);
                case HoldReadiness.ReadyHold(Confirmation confirmation) ->
                    new ParkResult.ParkedAttempt(matching.ticket(rows, confirmation.hold()), false);
                case HoldReadiness.DeniedHold denial -> new ParkResult.DeniedAttempt(denial);
                case HoldReadiness.VoidedHold _, HoldReadiness.ExpiredHold _, HoldReadiness.NoHoldYet _ ->
                    ask(rows, signatories, wanted, verdict, now);
            };
        });
    }

    /**
     * Uses a confirmation for a durable intent, durably and for good. Empty if it is no longer good, or was used. If
     * the commit itself fails it may be used up: nothing was sent, and people must be asked again.
     */
    public Optional<Confirmation.ConsumedConfirmation> consume(Confirmation confirmation, String intent) {
        if (!confirmation.recent().isEmpty()) {
            return consumeFound(confirmation, intent);
        }
        return store.write(rows -> {
            Instant now = begin(rows);
            // The intent carries these signatures. If a key was revoked since, one of them would be missing now.
            Optional<Hold> hold = rows.find(confirmation.hold())
                    .filter(found -> confirmation.isGranted() ? found.mayGrant(now) : found.isUsable(now))
                    .filter(found -> PlanOrder.isTurn(rows, found))
                    .filter(found -> HoldPhrases.armored(found).equals(confirmation.signatures()));
            if (hold.isEmpty()) {
                return Optional.empty();
            }
            if (confirmation.isGranted()) {
                return useGrant(rows, hold.get(), confirmation.grantedRequest().orElseThrow(), intent, now);
            }
            Hold used = hold.get().ended(HoldState.CONSUMED, intent);
            // The UPDATE itself contains the condition on the state: of several racing copies only one changes the row.
            return rows.step(hold.get(), used)
                    ? Optional.of(consumed(used, intent, OptionalLong.empty()))
                    : Optional.empty();
        });
    }

    /** Uses what was found signed, if it still is, and nobody has denied a call of its kind since. */
    private Optional<Confirmation.ConsumedConfirmation> consumeFound(Confirmation confirmation, String intent) {
        Instant now = clock.now();
        Hold signed = confirmation.recent().stream()
                .filter(hold -> hold.id().equals(confirmation.hold()))
                .findFirst()
                .orElseThrow();
        if (!signed.isUsable(now)) {
            return Optional.empty();
        }
        Set<String> denied = confirmation.recent().stream()
                .filter(hold -> hold.state().isDenial())
                .map(Hold::id)
                .collect(Collectors.toSet());
        Hold used = signed.ended(HoldState.CONSUMED, intent);
        return store.use(signed, used, now)
                .filter(before -> before.stream()
                        .anyMatch(hold -> hold.id().equals(signed.id())
                                && HoldPhrases.armored(hold).equals(confirmation.signatures())))
                .filter(before -> before.stream()
                        .noneMatch(
                                hold -> hold.state().isDenial() && !denied.contains(hold.id()) && hold.meets(signed)))
                .map(_ -> consumed(used, intent, OptionalLong.empty()));
    }

    private static Optional<Confirmation.ConsumedConfirmation> useGrant(
            HoldRows rows, Hold hold, String request, String intent, Instant now) {
        OptionalLong use = rows.useGrant(hold.id(), intent, now);
        if (use.isEmpty()) {
            return Optional.empty();
        }
        // People need not answer any more what they were asked about this call.
        rows.liveOf(hold.statement().lease(), request)
                .ifPresent(asked ->
                        rows.step(asked, asked.ended(HoldState.VOID, "It went by " + CallGrant.name(hold.id()) + ".")));
        return Optional.of(consumed(hold, intent, use));
    }

    /**
     * Returns whether {@code intent}, open after a crash, has certainly not used {@code hold}. A missing or open hold
     * proves nothing, in a store that may be an older copy. A signed one is marked as used by it, so that it is not
     * used twice.
     */
    public boolean isCertainlyUnused(String hold, String intent) {
        return store.write(rows -> {
            Optional<Hold> found = rows.find(hold);
            if (found.isEmpty()) {
                return false;
            }
            return switch (found.get().state()) {
                case OPEN -> false;
                case SIGNED -> {
                    rows.step(found.get(), found.get().ended(HoldState.CONSUMED, intent));
                    rows.endRest(found.get(), PlanOrder.UNKNOWN);
                    yield false;
                }
                case VOID -> !found.get().ending().equals(Optional.of(usedByLedger(intent)));
                case DENIED, CANCELLED, EXPIRED -> true;
                case CONSUMED -> {
                    boolean isOther = !found.get().ending().equals(Optional.of(intent));
                    if (!isOther) {
                        rows.endRest(found.get(), PlanOrder.UNKNOWN);
                    }
                    yield isOther;
                }
            };
        });
    }

    /** Returns how far the clock of holds is ahead, if the keys process would refuse what is confirmed by it. */
    public Optional<Duration> ahead() {
        return Optional.of(clock.ahead()).filter(ahead -> ahead.compareTo(ClockWatch.MUCH) > 0);
    }

    /** Follows the wall clock back, which is right. Ends and returns the live holds of a later time. */
    public List<String> followWall() {
        return store.write(rows -> {
            Instant now = clock.followWall();
            rows.goBackTo(now);
            List<String> ended = new ArrayList<>();
            for (HoldRows.HoldHead head : rows.liveHeads()) {
                Hold hold = rows.find(head.id()).orElseThrow();
                if (hold.isLaterThan(now)) {
                    rows.step(
                            hold,
                            hold.ended(
                                    HoldState.VOID,
                                    "It was opened or signed while the gateway's clock was ahead. Send the request again, and people are asked again."));
                    ended.add(hold.id());
                }
            }
            return ended;
        });
    }

    /** What the store knew of a hold that the ledger shows to be over. */
    public enum RestoredHold {
        /** It was over in the store as well. */
        KNOWN,
        ENDED,
        MISSING
    }

    /** Ends the hold {@code id}, if it is live, because the ledger shows that {@code intent} used it. */
    public RestoredHold restoreUse(String id, String intent) {
        return store.write(rows -> restoreEnd(
                rows,
                id,
                hold -> hold.state() == HoldState.SIGNED
                        ? hold.ended(HoldState.CONSUMED, intent)
                        : hold.ended(HoldState.VOID, usedByLedger(intent))));
    }

    private static String usedByLedger(String intent) {
        return "The ledger shows that it was used by " + intent + ".";
    }

    /** Ends the hold {@code id}, if it is live, because the ledger shows that {@code by} denied it. */
    public RestoredHold restoreDenial(String id, String by, String reason) {
        return store.write(rows -> {
            RestoredHold restored = restoreEnd(
                    rows,
                    id,
                    hold -> hold.ended(
                            hold.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED,
                            HoldSigning.no(by, reason)));
            Instant now = clock.now();
            switch (restored) {
                case ENDED -> HoldSigning.endGrants(rows, rows.find(id).orElseThrow(), now);
                // Nobody knows any more what it covered.
                case MISSING ->
                    rows.grants(Optional.empty(), now)
                            .forEach(grant -> rows.endGrant(grant.hold(), HoldSigning.no(by, reason)));
                case KNOWN -> {}
            }
            return restored;
        });
    }

    /**
     * Ends the grant {@code id}, because the ledger shows that {@code by} revoked it; false if nothing is left of it.
     */
    public boolean restoreRevocation(String id, String by, String reason) {
        return store.<Boolean>write(rows -> rows.endGrant(holdOfGrant(id), HoldSigning.no(by, reason)));
    }

    /**
     * Counts that {@code intent} used the grant {@code id}, which the ledger shows; false if that was counted, or
     * nothing is left of it.
     */
    public boolean restoreGrantUse(String id, String intent) {
        return store.<Boolean>write(rows -> !rows.hasUsedGrant(intent)
                && rows.useGrant(holdOfGrant(id), intent, clock.now()).isPresent());
    }

    static String holdOfGrant(String grant) {
        return "H-" + grant.substring("G-".length());
    }

    private static RestoredHold restoreEnd(HoldRows rows, String id, UnaryOperator<Hold> end) {
        Optional<Hold> found = rows.find(id);
        if (found.isEmpty()) {
            return RestoredHold.MISSING;
        }
        if (!found.get().state().isLive()) {
            return RestoredHold.KNOWN;
        }
        rows.step(found.get(), end.apply(found.get()));
        return RestoredHold.ENDED;
    }

    /**
     * Ends every hold that nobody answered or used in time. Returns all that expired since the last call, each a
     * denial.
     */
    public List<HoldTicket> expire(Seal seal) {
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = begin(rows);
            for (Hold hold : rows.due(now)) {
                rows.settle(hold, hold.seenAt(now));
            }
            rows.forgetTextsBefore(firstName(now.minus(TEXTS_KEPT)));
            return rows.newlyExpired().stream()
                    .map(hold -> HoldPhrases.ticket(hold, signatories, now))
                    .toList();
        });
    }

    /** Returns the least name that a hold of this time can have. */
    private static String firstName(Instant at) {
        return "H-" + new Ulid(Math.max(0, at.toEpochMilli()), new byte[ULID_RANDOM_BYTES]);
    }

    /** A notice that a hold has waited so long that the group {@code to} is notified. */
    public record HoldEscalation(HoldTicket ticket, String to, Duration after) {}

    /** Returns the escalations that are due by the seal's ladder, each once for a hold, also after a restart. */
    public List<HoldEscalation> escalate(Seal seal) {
        List<ApprovalRules.EscalationStep> ladder = seal.approvals().ladder();
        if (ladder.isEmpty()) {
            return List.of();
        }
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = begin(rows);
            List<HoldEscalation> told = new ArrayList<>();
            for (ApprovalRules.EscalationStep rung : ladder) {
                for (Hold hold : rows.unanswered(now.minus(rung.after()), named(rung))) {
                    if (!hold.isOverdue(now)
                            && rung.isFor(hold.environments())
                            && rows.escalate(hold.id(), named(rung))) {
                        told.add(new HoldEscalation(
                                HoldPhrases.ticket(hold, signatories, now), rung.to(), rung.after()));
                    }
                }
            }
            return told;
        });
    }

    private static String named(ApprovalRules.EscalationStep rung) {
        return rung.after().toSeconds() + " " + rung.to();
    }

    /** Asks people to widen {@code lease}, unless they were asked; {@code other}: its own person may not sign. */
    public ParkResult askFor(Seal seal, Lease lease, Elevation elevation, String reason, boolean other) {
        SealDocument signatories = SealConversion.of(seal);
        Obligations obligations = seal.approvals()
                .of(new Obligations(Set.of(), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, other));
        return store.writeForLease(lease.root(), rows -> {
            Instant now = begin(rows);
            ComparableAttempt asked = new ComparableAttempt(
                    seal, ElevationStatements.asked(lease, elevation, reason, now), obligations.other());
            Optional<ParkResult> known = new HoldMatcher(signatories, asked, obligations, now).elevation(rows);
            if (known.isPresent()) {
                return known.get();
            }
            List<Hold> elevations = rows.ofAgent(lease.agent(), now).stream()
                    .filter(Hold::isElevation)
                    .toList();
            if (elevations.size() >= MAX_ELEVATIONS_PER_HOUR) {
                Hold oldest = elevations.getFirst();
                return new ParkResult.ElevationsUsedUp(
                        elevations.stream().map(Hold::id).toList(),
                        oldest.statement().openedAt(),
                        oldest.signBy());
            }
            Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(seal.id(), List.of()), obligations);
            Optional<Statement> statement = statement(
                    signatories,
                    asked,
                    verdict,
                    VisibleText.unambiguous(ElevationStatements.summary(lease, elevation)),
                    now);
            return ask(rows, signatories, statement, asked, now);
        });
    }

    public sealed interface NarrowResult {

        record NarrowedElevation(HoldTicket ticket, Elevation elevation) implements NarrowResult {}

        record NarrowRefusal(String reason) implements NarrowResult {}
    }

    /** Changes an open elevation hold to {@code narrower}, which makes a new statement to sign. */
    public NarrowResult narrow(Seal seal, String id, Lease lease, Elevation narrower) {
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = begin(rows);
            Optional<Hold> found = rows.find(id).filter(Hold::isElevation);
            if (found.isEmpty() || !found.get().statement().lease().equals(lease.root())) {
                return new NarrowResult.NarrowRefusal(
                        "There is no hold with that name for an elevation of that lease.");
            }
            Hold hold = rows.settle(found.get(), found.get().seenAt(now));
            if (hold.state() != HoldState.OPEN) {
                return new NarrowResult.NarrowRefusal(
                        "The hold is " + hold.state().word() + ", so it can no longer be narrowed.");
            }
            if (!narrower.isWithin(ElevationStatements.given(hold.statement()))) {
                return new NarrowResult.NarrowRefusal("That exceeds the request: "
                        + ElevationStatements.words(ElevationStatements.given(hold.statement())) + ".");
            }
            String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(NONCE_BYTES));
            Hold narrowed =
                    hold.withStatement(ElevationStatements.narrowed(seal, hold.statement(), lease, narrower, nonce));
            rows.replace(hold, narrowed);
            return new NarrowResult.NarrowedElevation(HoldPhrases.ticket(narrowed, signatories, now), narrower);
        });
    }

    /** An elevation that people have signed for; its time begins {@code from} the end of the cooldown. */
    public record SignedElevation(
            String lease, Elevation elevation, Instant from, Confirmation.ConsumedConfirmation used) {

        /** Returns the end, by the clock of {@link Confirmations#now}. */
        public Instant until() {
            return from.plus(elevation.time());
        }
    }

    /** Returns the time that ends holds and elevations. Changing the wall clock cannot extend them. */
    public Instant now() {
        return clock.now();
    }

    /** Converts {@code time} of that clock, which may be ahead, to the wall clock: for people, agents and the log. */
    public Instant onTheWall(Instant time) {
        return clock.onTheWall(time);
    }

    /** Consumes each elevation that is fully signed. Each is returned once, and afterwards by {@link #used}. */
    public List<SignedElevation> grant(Seal seal, Predicate<String> isKilled) {
        SealDocument signatories = SealConversion.of(seal);
        // Nearly always there is none. A check by reading does not take a turn to write.
        boolean isAny = store.read(
                rows -> !signed(rows, signatories, isKilled, clock.now()).isEmpty());
        if (!isAny) {
            return List.of();
        }
        return store.write(rows -> {
            Instant now = begin(rows);
            List<SignedElevation> granted = new ArrayList<>();
            for (Hold hold : signed(rows, signatories, isKilled, now)) {
                Hold used = hold.ended(HoldState.CONSUMED, "It was used to elevate the lease.");
                if (rows.step(hold, used)) {
                    granted.add(signed(used));
                }
            }
            return granted;
        });
    }

    /** Ends the elevations that were asked for and are not given, of stopped leases or with a stopped signer. */
    public void endElevations(Predicate<String> isStopped, Predicate<String> isStoppedSigner, String why) {
        store.write(rows -> {
            Instant now = begin(rows);
            List<Hold> stopped = rows.live("", Integer.MAX_VALUE).stream()
                    .filter(hold -> hold.isElevation() && !hold.isOverdue(now))
                    .filter(hold -> isStopped.test(hold.statement().lease())
                            || hold.signers().stream().anyMatch(signer -> isStoppedSigner.test(signer.person())))
                    .toList();
            stopped.forEach(hold -> rows.step(hold, hold.ended(HoldState.VOID, why)));
            return stopped.size();
        });
    }

    private static List<Hold> signed(HoldRows rows, SealDocument signatories, Predicate<String> isKilled, Instant now) {
        return rows.signed().stream()
                .filter(hold ->
                        hold.isElevation() && hold.isUsable(now) && isConfirmed(hold, signatories, isKilled, now))
                .toList();
    }

    // Checks the signatures once more, because the store is not evidence.
    private static boolean isConfirmed(Hold hold, SealDocument seal, Predicate<String> isKilled, Instant now) {
        ConfirmationResult confirmed = ConfirmationCheck.check(seal, hold.statement(), HoldPhrases.armored(hold), now);
        return confirmed.isSatisfied()
                && confirmed.signers().stream().noneMatch(signer -> isKilled.test(signer.person()))
                && confirmed.signers().stream()
                        .anyMatch(signer -> ElevationScope.maySign(hold.statement(), seal, signer.person()));
    }

    /** Returns the used elevations whose time is not over, which a crash may have kept from taking effect. */
    public List<SignedElevation> used(Seal seal) {
        SealDocument signatories = SealConversion.of(seal);
        return store.read(rows -> {
            Instant now = clock.now();
            return rows.consumedSince(now.minus(Elevation.MAX_TIME)).stream()
                    .filter(Hold::isElevation)
                    .filter(hold -> isConfirmed(
                            hold,
                            signatories,
                            _ -> false, // while the lease or a person is killed, it grants nothing anyway
                            hold.usableFrom().orElseThrow()))
                    .map(Confirmations::signed)
                    .filter(signed -> now.isBefore(signed.until()))
                    .toList();
        });
    }

    private static SignedElevation signed(Hold hold) {
        return new SignedElevation(
                hold.statement().lease(),
                ElevationStatements.given(hold.statement()),
                hold.usableFrom().orElseThrow(),
                consumed(hold, hold.ending().orElse(""), OptionalLong.empty()));
    }

    /** The state of an elevation, as its requester may know it. */
    public record ElevationStatus(HoldTicket ticket, Elevation elevation, ElevationState how) {

        public sealed interface ElevationState {}

        /** Signatures are still missing. */
        public record OpenElevation() implements ElevationState {}

        /** All signatures are there, and it is not granted yet. */
        public record ConfirmedElevation() implements ElevationState {}

        /** It has widened the lease until then, on the wall clock. */
        public record GrantedElevation(Instant until) implements ElevationState {}

        /** It gives nothing; {@code ending} is empty if nobody has noticed yet. */
        public record EndedElevation(String ending) implements ElevationState {}
    }

    /** Returns the state of the elevation that {@code lease} requested by hold {@code id}, if there is one. */
    public Optional<ElevationStatus> elevationStatus(Seal seal, String lease, String id) {
        SealDocument signatories = SealConversion.of(seal);
        return store.read(rows -> {
            Instant now = clock.now();
            return rows.find(id)
                    .filter(hold ->
                            hold.isElevation() && hold.statement().lease().equals(lease))
                    .map(hold -> new ElevationStatus(
                            HoldPhrases.ticket(hold, signatories, now),
                            ElevationStatements.given(hold.statement()),
                            how(hold, now)));
        });
    }

    private ElevationStatus.ElevationState how(Hold hold, Instant now) {
        if (hold.isOverdue(now)) {
            return new ElevationStatus.EndedElevation(hold.ending().orElse(""));
        }
        return switch (hold.state()) {
            case OPEN -> new ElevationStatus.OpenElevation();
            case SIGNED -> new ElevationStatus.ConfirmedElevation();
            case CONSUMED ->
                new ElevationStatus.GrantedElevation(onTheWall(signed(hold).until()));
            case DENIED, CANCELLED, VOID, EXPIRED ->
                new ElevationStatus.EndedElevation(hold.ending().orElse(""));
        };
    }

    /** Returns a signal for changes of holds. The caller must close it. */
    public HoldSignal openSignal() {
        HoldSignal signal = new HoldSignal(signals);
        signals.add(signal);
        return signal;
    }

    public HoldStatus standing(String id) {
        return store.read(rows -> {
            Instant now = clock.now();
            return rows.find(id)
                    .map(hold -> PlanOrder.status(rows, hold, now))
                    .orElseGet(() -> new HoldStatus.EndedHold(HoldStatus.HoldEnd.VOID));
        });
    }

    /** Returns the side of the same holds that asks about plans. */
    public HoldPlans plans() {
        return plans;
    }

    Instant begin(HoldRows rows) {
        Instant now = clock.now();
        rows.reach(now);
        return now;
    }

    /** Of one kind people are asked at once, so the calls of a set are one question. {@code over} ends first. */
    static Optional<ParkResult> limit(HoldRows rows, Hold next, List<Hold> over, Instant now) {
        Set<String> ended = over.stream()
                .flatMap(hold -> Stream.concat(Stream.of(hold), rows.plan(hold).stream()))
                .map(Hold::id)
                .collect(Collectors.toSet());
        List<Hold> open = rows.questionsOf(next.statement().agent(), now).stream()
                .filter(hold -> !ended.contains(hold.id()))
                .toList();
        List<Hold> all = new ArrayList<>(open);
        all.add(next);
        return HoldSet.of(all).size() <= MAX_HOLDS_PER_AGENT
                ? Optional.empty()
                : Optional.of(new ParkResult.LimitReached(
                        HoldPhrases.question(next.statement()),
                        HoldSet.of(open).stream()
                                .map(set -> set.first().id() + " (" + set.question() + ")")
                                .toList(),
                        open.getFirst().signBy()));
    }

    private ParkResult ask(
            HoldRows rows, SealDocument seal, ComparableAttempt wanted, Verdict.Hold verdict, Instant now) {
        if (verdict.obligations().isEmpty()) {
            return new ParkResult.UnaskableAttempt("Interlock made an internal error: the hold has no obligations.");
        }
        Optional<Statement> statement = wanted.isTooLong
                ? Optional.empty()
                : statement(seal, wanted, verdict, HoldPhrases.summary(wanted.resolved), now);
        return ask(rows, seal, statement, wanted, now);
    }

    ParkResult ask(
            HoldRows rows, SealDocument seal, Optional<Statement> statement, ComparableAttempt wanted, Instant now) {
        if (statement.isEmpty()) {
            return new ParkResult.UnaskableAttempt(
                    "This request is too long to show to people in full, so nobody can confirm it. Send it in smaller parts.");
        }
        Hold hold = Hold.open(statement.get(), wanted.classes, now.plus(Hold.DEFAULT_LIFE));
        Optional<ParkResult> limit = wanted.isByAgent() ? limit(rows, hold, List.of(), now) : Optional.empty();
        if (limit.isPresent()) {
            return limit.get();
        }
        rows.insert(hold, wanted.isByAgent());
        if (!wanted.texts.isEmpty()) {
            rows.keep(hold.id(), wanted.texts);
        }
        Optional<Json.Array> body = hold.isElevation() ? Optional.empty() : MaskedBody.of(wanted.resolved);
        if (body.isPresent()) {
            rows.show(hold.id(), body.get());
        }
        return new ParkResult.ParkedAttempt(HoldPhrases.ticket(hold, seal, now), true);
    }

    /** Returns empty if the statement would be too long. */
    Optional<Statement> statement(
            SealDocument seal, ComparableAttempt wanted, Verdict.Hold verdict, String summary, Instant now) {
        ResolvedAttempt sensed = wanted.resolved;
        try {
            Statement statement = new Statement(
                    "H-" + new Ulid(now.toEpochMilli(), bytes(ULID_RANDOM_BYTES)),
                    seal.id(),
                    sensed.lease().root(),
                    sensed.lease().agent(),
                    sensed.lease().person(),
                    wanted.behind,
                    sensed.lease().task(),
                    sensed.attempt().upstream(),
                    wanted.meaning,
                    wanted.request,
                    summary,
                    sensed.attempt().reason(),
                    verdict.obligations().canonical(),
                    Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(NONCE_BYTES)),
                    now,
                    Hold.expiry(now, verdict.obligations().cooldown()),
                    Optional.empty());
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

    private static Confirmation.ConsumedConfirmation consumed(Hold hold, String intent, OptionalLong use) {
        return new Confirmation.ConsumedConfirmation(
                hold.id(),
                intent,
                Bytes.of(hold.statement().canonical()),
                HoldPhrases.armored(hold),
                hold.signers(),
                use);
    }
}
