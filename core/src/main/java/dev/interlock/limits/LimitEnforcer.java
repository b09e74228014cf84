package dev.interlock.limits;

import dev.interlock.action.Obligations;
import dev.interlock.action.QueueTimeoutException;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.identity.SignedOrders;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Enforces the limits on several attempts together. It can make a verdict stricter, never weaker.
 *
 * <p>An attempt that no limit applies to costs nothing here. For all others, a failing store means a refusal.
 * Threading: any thread may call; releases take turns.
 */
public final class LimitEnforcer {

    private static final System.Logger LOG = System.getLogger(LimitEnforcer.class.getName());

    /** The answer to whether an attempt may be sent now. */
    public sealed interface ReleaseResult {

        /** It may be sent, and is counted; the freeze of what it destroys is in force from now on. */
        record GrantedRelease(String intent, boolean counted, Optional<Freeze> freeze) implements ReleaseResult {}

        record LimitedRelease(String name, Refusal refusal) implements ReleaseResult {}

        record RefusedRelease(Refusal refusal) implements ReleaseResult {}
    }

    private static final Set<SealLimits.GroupingKey> HOLDER = Set.of(
            SealLimits.GroupingKey.LEASE,
            SealLimits.GroupingKey.PERSON,
            SealLimits.GroupingKey.AGENT,
            SealLimits.GroupingKey.TASK);

    private final LimitStore store;
    private final WindowClock clock;
    private final Freezes freezes;

    public LimitEnforcer(
            LimitStore store, InstantSource wall, LongSupplier nanos, SignedOrders orders, RandomGenerator random) {
        this.store = store;
        this.clock = new WindowClock(wall, nanos, store.read(LimitRows::reached));
        this.freezes = new Freezes(store, orders, wall, random);
    }

    public Freezes freezes() {
        return freezes;
    }

    /** Returns {@code verdict}, or a stricter one: a limit that is reached refuses, or holds. Counts nothing. */
    public Verdict limited(Seal seal, ResolvedAttempt sensed, Verdict verdict) {
        Optional<LimitOverrun> frozen = freezes.against(sensed);
        if (frozen.isPresent()) {
            return limited(seal, verdict, List.of(frozen.get()));
        }
        if (verdict instanceof Verdict.Refuse) {
            return verdict;
        }
        UsageCalculator reckoning = reckoning(seal, "", sensed, clock.now());
        if (!reckoning.isAskedAbout()) {
            return verdict;
        }
        try {
            return limited(seal, verdict, store.read(reckoning::overruns));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because the usage of limits cannot be read", e);
            return new Verdict.Refuse(verdict.grounds(), noStore());
        }
    }

    /** Does the same as {@link #limited}, as if {@code before} had all been released just now. For rehearsals. */
    public static Verdict limitedInRehearsal(
            Seal seal, List<ResolvedAttempt> before, ResolvedAttempt sensed, Verdict verdict) {
        Instant now = Instant.EPOCH.plus(SealLimits.MAX_WITHIN);
        List<UsageEvent> deeds = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            deeds.addAll(UsageEvent.of("before " + i, now, before.get(i)));
        }
        List<LimitOverrun> overruns =
                new ArrayList<>(reckoning(seal, "", sensed, now).overruns(UsageHistory.of(deeds)));
        before.forEach(destroyed -> Freezes.leftBehind(destroyed)
                .flatMap(freeze -> freeze.against(sensed))
                .ifPresent(overruns::add));
        return limited(seal, verdict, overruns);
    }

    /**
     * Counts an attempt after its intent is durable and before anything is sent. It is atomic: of racing copies, no
     * more are granted than fit. People have confirmed the limits that {@code grounds} name.
     */
    public ReleaseResult release(Seal seal, ResolvedAttempt sensed, VerdictReasons grounds, String intent) {
        Instant now = clock.now();
        UsageCalculator reckoning = reckoning(seal, intent, sensed, now);
        Optional<LimitOverrun> frozen = freezes.against(sensed);
        if (frozen.isPresent()) {
            return new ReleaseResult.LimitedRelease(
                    frozen.get().name(), frozen.get().refusal());
        }
        List<UsageEvent> remembered = reckoning.remembered();
        Optional<Freeze> freeze = freezes.freezeFor(sensed, intent);
        if (remembered.isEmpty() && freeze.isEmpty() && !reckoning.isAskedAbout()) {
            return new ReleaseResult.GrantedRelease(intent, false, Optional.empty());
        }
        ReleaseResult.GrantedRelease granted = new ReleaseResult.GrantedRelease(intent, !remembered.isEmpty(), freeze);
        try {
            if (remembered.isEmpty() && !reckoning.isAskedAbout()) {
                return frozen(sensed, granted, freeze.orElseThrow());
            }
            return store.writeForLease(sensed.lease().root(), rows -> {
                Supplier<List<Freeze>> stored = freeze.isPresent() ? rows.freezes() : List::of;
                Instant kept = keep(rows, now);
                UsageCalculator latest = kept.equals(now) ? reckoning : reckoning(seal, intent, sensed, kept);
                // Of two that destroy the same resource, here or at two gateways, the second finds it frozen.
                Optional<LimitOverrun> reached =
                        Freezes.against(stored.get(), sensed).or(() -> reached(latest.overruns(rows), sensed, grounds));
                if (reached.isPresent()) {
                    return new ReleaseResult.LimitedRelease(
                            reached.get().name(), reached.get().refusal());
                }
                rows.add(latest.remembered());
                if (freeze.isPresent()) {
                    freezes.add(rows, freeze.get());
                }
                return granted;
            });
        } catch (QueueTimeoutException _) {
            freeze.ifPresent(freezes::forget);
            return new ReleaseResult.RefusedRelease(crowded());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because the usage of limits cannot be written", e);
            freeze.ifPresent(freezes::forget);
            return new ReleaseResult.RefusedRelease(noStore());
        }
    }

    /**
     * Freezes what no limit counts. Of two that destroy the same, the second finds that it is frozen, and undoes its
     * own.
     */
    private ReleaseResult frozen(ResolvedAttempt sensed, ReleaseResult.GrantedRelease granted, Freeze freeze) {
        freezes.stand(freeze); // before this gateway hears of it from the store, which it would ask then
        Optional<LimitOverrun> reached =
                Freezes.against(store.freeze(sensed.lease().root(), freeze), sensed);
        if (reached.isEmpty()) {
            return granted;
        }
        didNotHappen(granted, "it never left");
        return new ReleaseResult.LimitedRelease(
                reached.get().name(), reached.get().refusal());
    }

    private Optional<LimitOverrun> reached(
            List<LimitOverrun> overruns, ResolvedAttempt sensed, VerdictReasons grounds) {
        Set<String> confirmed =
                grounds.limits().stream().map(VerdictReasons.ReachedLimit::name).collect(Collectors.toSet());
        return freezes.against(sensed)
                .or(() -> overruns.stream()
                        .filter(overrun -> overrun.hold().isEmpty() || !confirmed.contains(overrun.name()))
                        .findFirst());
    }

    /** Returns how much is used of each budget that counts one of {@code assumed}, and counts its holder as a whole. */
    public List<BudgetUse> used(Seal seal, List<ResolvedAttempt> assumed) {
        Instant now = clock.now();
        List<BudgetUse> uses = new ArrayList<>();
        for (SealLimits.Budget budget : seal.limits().budgets().values()) {
            if (HOLDER.containsAll(budget.per())) {
                assumed.stream()
                        .map(attempt -> reckoning(seal, "", attempt, now))
                        .filter(reckoning -> reckoning.means(budget.selector()))
                        .findFirst()
                        .map(reckoning -> store.read(rows -> reckoning.used(budget, rows)))
                        .ifPresent(used -> uses.add(new BudgetUse(budget, used.orElse(0))));
            }
        }
        return uses;
    }

    /**
     * Returns in words how many of the calls of {@code asked}, sent in this order, a limit will stop although people
     * confirm them all; empty if none.
     */
    public Optional<String> stopping(Seal seal, List<Statement> asked) {
        Instant now = clock.now();
        List<LimitOverrun> stopped = store.read(rows -> {
            List<UsageEvent> before = new ArrayList<>();
            List<LimitOverrun> overruns = new ArrayList<>();
            for (Statement call : asked) {
                List<UsageEvent> deeds = UsageEvent.of(call, now);
                Optional<LimitOverrun> overrun = new UsageCalculator(
                                seal.limits(),
                                deeds,
                                lost(call.meaning().object("radius").texts("lost").stream()
                                        .map(Resource::parse)),
                                now)
                        .overruns(rows.and(UsageHistory.of(before))).stream()
                                .filter(reached -> !isConfirmed(seal, reached, call))
                                .findFirst();
                overrun.ifPresentOrElse(overruns::add, () -> before.addAll(deeds));
            }
            return overruns;
        });
        return stopped.stream()
                .findFirst()
                .map(overrun -> "Of these " + asked.size() + " calls, a limit stops " + stopped.size()
                        + " all the same if they are sent now"
                        + (overrun.hold().isPresent() ? ", and people are asked about them once more. " : ". ")
                        + overrun.reason());
    }

    /** Returns whether people were asked about {@code call} as strictly as {@code reached} demands. */
    private static boolean isConfirmed(Seal seal, LimitOverrun reached, Statement call) {
        Obligations asked = Obligations.read(call.obligations());
        return reached.hold()
                .filter(more -> seal.approvals().of(asked.and(more)).equals(asked))
                .isPresent();
    }

    /** Undoes a release that was certainly not sent: it is not counted, and has destroyed nothing. */
    public void undoRelease(ReleaseResult.GrantedRelease granted) {
        if (granted.counted()) {
            attempt(() -> store.write(rows -> {
                rows.remove(granted.intent());
                return true;
            }));
        }
        didNotHappen(granted, "it never left");
    }

    /** Lifts the freeze because the upstream reported that it did not happen. It was sent, and stays counted. */
    public void liftAfterFailure(ReleaseResult.GrantedRelease granted) {
        didNotHappen(granted, "it failed");
    }

    private void didNotHappen(ReleaseResult.GrantedRelease granted, String why) {
        granted.freeze().ifPresent(freeze -> attempt(() -> freezes.liftUnexecuted(freeze, why)));
    }

    /** Runs an undo. If it fails, the count and the freeze stay, which is the safe side. */
    private static void attempt(Runnable taking) {
        try {
            taking.run();
        } catch (RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a call that did not happen stays counted or frozen: {0}",
                    e.getMessage());
        }
    }

    /** Returns whether a limit of {@code seal} counts the call of {@code intent}, now or later. */
    public static boolean isCounted(Seal seal, Receipt intent) {
        return !UsageCalculator.remembered(seal.limits(), UsageEvent.of(intent)).isEmpty();
    }

    /** Returns the calls of {@code intents} that are not counted: the store lost them, or no limit applied to them. */
    public List<String> uncounted(List<String> intents) {
        Set<String> known = intents.isEmpty() ? Set.of() : store.read(rows -> rows.known(intents));
        return intents.stream().filter(intent -> !known.contains(intent)).toList();
    }

    /**
     * Counts released calls of the ledger that the store lost and limits of {@code seal} apply to. Returns their
     * intents.
     */
    public List<String> restore(Seal seal, List<Receipt> intents) {
        List<List<UsageEvent>> calls = intents.stream()
                .map(UsageEvent::of)
                .map(deeds -> UsageCalculator.remembered(seal.limits(), deeds))
                .filter(deeds -> !deeds.isEmpty())
                .toList();
        if (calls.isEmpty()) {
            return List.of();
        }
        return store.write(rows -> {
            Set<String> known = rows.known(
                    calls.stream().map(deeds -> deeds.getFirst().attempt()).toList());
            List<String> added = new ArrayList<>();
            for (List<UsageEvent> deeds : calls) {
                String intent = deeds.getFirst().attempt();
                if (!known.contains(intent)) {
                    rows.add(deeds);
                    added.add(intent);
                }
            }
            return added;
        });
    }

    /** Deletes events that no window reaches any more. To be called now and then. */
    public void tidy() {
        store.write(rows -> {
            rows.forget(keep(rows, clock.now()).minus(SealLimits.MAX_WITHIN));
            return true;
        });
    }

    /**
     * Stores {@code now}, and returns it, or the later time of another gateway: by an earlier one, the others would
     * count for too short what is added.
     */
    private Instant keep(LimitRows rows, Instant now) {
        Instant reached = rows.keep(now);
        clock.reach(reached);
        return reached;
    }

    /** Returns the later of {@code told} and the window clock, so that setting a clock back gains nothing. */
    public Instant latest(Instant told) {
        Instant now = clock.now();
        return told.isAfter(now) ? told : now;
    }

    private static UsageCalculator reckoning(Seal seal, String intent, ResolvedAttempt sensed, Instant now) {
        SealLimits limits = seal.limits();
        // Without limits nothing is compared, and every call comes through here twice.
        return limits.budgets().isEmpty() && limits.sequences().isEmpty()
                ? new UsageCalculator(limits, List.of(), Set.of(), now)
                : new UsageCalculator(
                        limits, UsageEvent.of(intent, now, sensed), lost(sensed.radius().lost().stream()), now);
    }

    private static Set<String> lost(Stream<Resource> resources) {
        return resources.map(Resource::folded).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Verdict limited(Seal seal, Verdict verdict, List<LimitOverrun> overruns) {
        if (verdict instanceof Verdict.Refuse || overruns.isEmpty()) {
            return verdict;
        }
        VerdictReasons grounds = verdict.grounds()
                .limitedBy(overruns.stream().map(LimitOverrun::limited).toList());
        for (LimitOverrun overrun : overruns) {
            if (overrun.hold().isEmpty()) {
                return new Verdict.Refuse(grounds, overrun.refusal());
            }
        }
        Obligations all = switch (verdict) {
            case Verdict.Hold hold -> hold.obligations();
            case Verdict.Permit _, Verdict.Refuse _ -> Obligations.NONE;
        };
        for (LimitOverrun overrun : overruns) {
            all = all.and(overrun.hold().orElse(Obligations.NONE));
        }
        return new Verdict.Hold(grounds, seal.approvals().of(all));
    }

    private static Refusal crowded() {
        return Refusal.unavailable(
                "Too many concurrent calls of this lease must be counted; this one timed out in the queue.",
                "Send the identical request again in a moment. Nothing was sent, and a confirmation of this request stays valid.");
    }

    private static Refusal noStore() {
        return Refusal.unavailable(
                "Interlock cannot determine how much of its limits is used, so it refuses the call.",
                "Nothing was sent. Tell the owner of this task; do not look for another route or credential.");
    }

    /**
     * The clock for sliding windows, which nobody can set while the gateway runs. It starts at the wall clock, but
     * never before the time it had reached. Running slow is the safe side here.
     */
    static final class WindowClock {

        private final LongSupplier nanos;
        private final long startNanos;
        private volatile Instant start;

        WindowClock(InstantSource wall, LongSupplier nanos, Instant floor) {
            this.nanos = nanos;
            Instant told = wall.instant();
            this.start = told.isAfter(floor) ? told : floor;
            this.startNanos = nanos.getAsLong();
        }

        /** Follows the clock of another gateway: this one's machine may have slept, where no time passes. */
        void reach(Instant other) {
            Duration behind = Duration.between(now(), other);
            if (behind.isPositive()) {
                start = start.plus(behind);
            }
        }

        Instant now() {
            return start.plus(Duration.ofNanos(nanos.getAsLong() - startNanos)).truncatedTo(ChronoUnit.MILLIS);
        }
    }
}
