package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.housekeeping.ExpiryAlerts;
import dev.interlock.housekeeping.HoldHousekeeping;
import dev.interlock.housekeeping.Housekeeping;
import dev.interlock.housekeeping.IdleMemory;
import dev.interlock.housekeeping.LedgerAlerts;
import dev.interlock.housekeeping.ObserveModeAlerts;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.housekeeping.RecoveryAlerts;
import dev.interlock.housekeeping.ReviewReminders;
import dev.interlock.housekeeping.Task;
import dev.interlock.policy.SealsInForce;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The tasks that the gateway repeats, and their intervals. */
final class HousekeepingPhase {

    /** The shortest interval: people hear of an expired hold while they still remember it. */
    private static final Duration SECONDS = Duration.ofSeconds(5);
    /** The interval at which mounts are checked. Anything that is destroyed or confirmed is always checked anew. */
    private static final Duration HALF_MINUTE = Duration.ofSeconds(30);
    /** The interval for backups, which grow old by hours; each check asks the provider. */
    private static final Duration MINUTES = Duration.ofMinutes(10);

    /** The interval at which texts are erased by their age, which is in days: it reads the whole ledger. */
    private static final Duration DAY = Duration.ofDays(1);

    private HousekeepingPhase() {}

    static Housekeeping start(
            DaemonContext context,
            StoresPhase stores,
            SealsPhase seals,
            DecisionPhase decision,
            FrontsPhase fronts,
            PeoplePhase people,
            ReplayPhase replay) {
        Clock clock = context.clock();
        SealsInForce inForce = seals.inForce();
        Consumer<Alert> alerts = context.alerts();
        return Housekeeping.start(
                new Task("upkeep", SECONDS, upkeep(context, stores, seals, decision, people, replay)),
                Task.every(
                        SECONDS,
                        "observing",
                        new ObserveModeAlerts(inForce::current, people.latest, System::nanoTime, alerts)),
                Task.every(SECONDS, "grants", people.grants),
                Task.every(HALF_MINUTE, "velocity", decision.limits()::tidy),
                Task.every(HALF_MINUTE, "inventory", () -> inForce.current().ifPresent(decision.inventory()::refresh)),
                Task.every(HALF_MINUTE, "attestations", people.backups::settle),
                Task.every(
                        MINUTES,
                        "backups",
                        new RecoveryAlerts(
                                inForce::current,
                                seal -> people.backups.status(seal, Optional.empty()),
                                System::nanoTime,
                                alerts)),
                Task.every(
                        MINUTES,
                        "quarantine",
                        () -> inForce.current()
                                .ifPresent(seal ->
                                        decision.resolvers().expire(seal, stores.records()::recordAdministration))),
                Task.every(
                        MINUTES,
                        "expiry of the seal",
                        new ExpiryAlerts(
                                () -> inForce.last().stream()
                                        .map(ExpiryAlerts.Expiry::of)
                                        .toList(),
                                clock,
                                System::nanoTime,
                                alerts)),
                Task.every( // apart, because reading them can fail
                        MINUTES,
                        "expiry of certificates",
                        new ExpiryAlerts(fronts.certificates(), clock, System::nanoTime, alerts)),
                Task.every(
                        DAY,
                        "texts",
                        () -> people.erasure.tidy(context.config()
                                .textsKept()
                                .filter(_ -> replay.clock().trouble().isEmpty()) // else nobody knows how old they are
                                .map(clock.instant()::minus))),
                Task.every(MINUTES, "reviews", new ReviewReminders(inForce::current, clock, System::nanoTime, alerts)));
    }

    private static List<Runnable> upkeep(
            DaemonContext context,
            StoresPhase stores,
            SealsPhase seals,
            DecisionPhase decision,
            PeoplePhase people,
            ReplayPhase replay) {
        List<Runnable> steps = new ArrayList<>();
        steps.add(new LedgerAlerts(stores.ledger()::status, context.alerts()));
        steps.addAll(new HoldHousekeeping(
                        seals.inForce()::current, stores.confirmations(), people.confirmers, context.alerts())
                .steps());
        steps.add(() -> {
            var _ = decision.elevating().settle();
            people.administration.tidy();
            decision.gate().recordCountedRefusals();
        });
        steps.add(replay.repairs());
        steps.add(replay.clock());
        steps.add(replay.replay()::mark);
        steps.add(context.watch()::check);
        steps.add(new IdleMemory(() -> stores.ledger().status().size(), Runtime.getRuntime()::totalMemory, System::gc));
        return steps;
    }

    /** Starts the probes, once the keys process answers: it decides whether a credential is a foreign one. */
    static Housekeeping startProbes(DaemonContext context, StoresPhase stores, SealsPhase seals, FrontsPhase fronts) {
        Runnable probes = new ProbeScheduler(
                seals.inForce()::current,
                seals.catalogs(),
                seals.policies(),
                stores.leases(),
                fronts.http(),
                fronts.postgres(),
                fronts.probes(),
                context.clock(),
                System::nanoTime);
        return Housekeeping.start(Task.every(SECONDS, "probes", probes));
    }

    /** Starts what keeps the vaults of a fleet in step; a gateway with a store of its own is in none. */
    static Housekeeping startFleet(StoresPhase stores, PeoplePhase people) {
        return stores.stores()
                .shared()
                .map(shared -> Housekeeping.start(
                        Task.every(Duration.ofSeconds(1), "fleet", people.exchange),
                        Task.every(
                                Duration.ofSeconds(1),
                                "node",
                                () -> shared.node().say(people.status.said()))))
                .orElseGet(Housekeeping::start);
    }
}
