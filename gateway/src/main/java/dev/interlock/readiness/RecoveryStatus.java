package dev.interlock.readiness;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.LossForecast;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What a loss of one resource would leave, compared with people's targets. Missed or unknown is red. */
final class RecoveryStatus {

    private static final String RED = "red";
    private static final String SECONDS = "seconds";
    private static final String TARGET = "target_seconds";
    private static final String PRACTICE = "practice";
    private static final String RESTORE = "restore";

    private final LossForecast outlook;
    private final Map<String, BackupPlans.Plan> plans = new TreeMap<>();
    private final Set<String> outsiders = new TreeSet<>();
    private final BackupPlans.RecoveryTargets targets;
    private final List<Group> groups;
    private final List<String> moved;
    private final List<String> unlooked;
    private final Instant now;

    /** Plans that save the same data, with their last restore tests and the rehearsal that counts. */
    private record Group(List<Json.Members> tried, Optional<Json.Members> rehearsal) {

        /** Returns the rehearsal, if people completed it and all data was restored. */
        Optional<Json.Members> wholly() {
            return rehearsal.filter(RehearsalRegistry::isWhole);
        }

        /** Returns the longer of rehearsal and restore test: data that grows takes longer to restore today. */
        Optional<Json.Members> took() {
            Optional<Json.Members> restored = tried.stream()
                    .filter(one -> one.flag("restored"))
                    .max(Comparator.comparing(RecoveryStatus::triedAt))
                    .map(one -> took(one, RESTORE));
            return Stream.of(wholly().map(one -> took(one, PRACTICE)), restored)
                    .flatMap(Optional::stream)
                    .max(Comparator.comparingLong(one -> one.whole(SECONDS)));
        }

        private static Json.Members took(Json.Members word, String by) {
            return Json.object().with(SECONDS, word.whole("took_seconds")).with("by", by);
        }
    }

    /** The dated records of a plan beside its backups, in no order. */
    interface KnownRecords {

        /** Returns the results of its restore tests; their member {@code tried_at} has the time. */
        Collection<Json.Members> tried(String plan);

        Collection<Json.Members> rehearsals(Seal seal, String plan);
        /** Returns since when its target could not be checked, if it could not. None of its backups counts then. */
        Optional<Instant> uncheckedSince(String plan);
        /** Returns a sentence if its last backup has another source, or another target, than the one before it. */
        Optional<String> moved(Seal seal, String plan);
    }

    RecoveryStatus(Seal seal, LossForecast outlook, KnownRecords known, Instant now) {
        this.outlook = outlook;
        this.now = now;
        seal.backups().plans().forEach((name, plan) -> {
            if (plan.of().equals(resource())) {
                plans.put(name, plan);
            }
        });
        plans.keySet().forEach(plan -> outsiders.addAll(seal.outsiders(plan)));
        this.moved = plans.keySet().stream()
                .flatMap(plan -> known.moved(seal, plan).stream())
                .toList();
        this.unlooked = plans.keySet().stream()
                .flatMap(plan -> known
                        .uncheckedSince(plan)
                        .map(since -> "the backups of `" + plan + "` on its target, since " + since
                                + "; they do not count until the one that counted is seen there")
                        .stream())
                .toList();
        this.targets = plans.values().stream()
                .map(BackupPlans.Plan::targets)
                .reduce(BackupPlans.RecoveryTargets::and)
                .orElse(BackupPlans.RecoveryTargets.USUAL);
        this.groups = seal.backups().groups(resource()).values().stream()
                .map(names ->
                        new Group(
                                names.stream()
                                        .flatMap(plan -> known.tried(plan).stream()
                                                .max(Comparator.comparing(RecoveryStatus::triedAt))
                                                .stream())
                                        .toList(),
                                telling(names.stream()
                                        .flatMap(plan -> known.rehearsals(seal, plan).stream())
                                        .toList())))
                .toList();
    }

    /**
     * Returns the rehearsal that counts. This is the last failed one, unless a later one that skipped no more
     * succeeded. Otherwise it is the last that people completed. A timer that rehearses every night shows nothing about
     * people, and does not replace what they have shown.
     */
    private static Optional<Json.Members> telling(List<Json.Members> practised) {
        Comparator<Json.Members> byTime = Comparator.comparing(RecoveryStatus::practisedAt);
        return practised.stream()
                .filter(one -> !one.flag("restored"))
                .filter(failed -> practised.stream().noneMatch(one -> makesGood(one, failed)))
                .max(byTime)
                .or(() -> practised.stream().filter(RehearsalRegistry::isWhole).max(byTime))
                .or(() -> practised.stream().max(byTime));
    }

    private static boolean makesGood(Json.Members one, Json.Members failed) {
        return one.flag("restored")
                && practisedAt(one).isAfter(practisedAt(failed))
                && RehearsalRegistry.skipped(one) <= RehearsalRegistry.skipped(failed);
    }

    /** Returns the restore test to report: a failed one before all others, and then the last. */
    private Optional<Json.Members> tried() {
        return groups.stream()
                .flatMap(group -> group.tried().stream())
                .max(Comparator.comparing((Json.Members one) -> !one.flag("restored"))
                        .thenComparing(RecoveryStatus::triedAt));
    }

    /** Returns the rehearsal to report, once every group has one: a failed one first, an incomplete one, the oldest. */
    private Optional<Json.Members> practised() {
        List<Json.Members> all =
                groups.stream().flatMap(group -> group.rehearsal().stream()).toList();
        Optional<Json.Members> failed =
                all.stream().filter(one -> !one.flag("restored")).findFirst();
        return failed.isPresent() || all.size() < groups.size()
                ? failed
                : all.stream()
                        .min(Comparator.comparing(RehearsalRegistry::isWhole)
                                .thenComparing(RecoveryStatus::practisedAt));
    }

    private static Instant triedAt(Json.Members said) {
        return Instant.parse(said.text("tried_at"));
    }

    private static Instant practisedAt(Json.Members said) {
        return Instant.parse(said.text("practised_at"));
    }

    private Resource resource() {
        return outlook.placement().resource();
    }

    Json.Members json() {
        List<Json.Members> ways = outlook.ways().stream().map(this::way).toList();
        Optional<Json.Members> tried = tried();
        Optional<Json.Members> practised = practised();
        Json.Members point = point(ways);
        Json.Members time = time();
        Json.Members practice = practice(practised);
        // The backup that people count on may be a copy of something else.
        boolean red = !moved.isEmpty()
                || ways.stream().anyMatch(way -> way.flag(RED))
                || List.of(point, time, practice).stream().anyMatch(one -> one.flag(RED))
                || tried.filter(one -> !one.flag("restored")).isPresent();
        Json.Members all = Json.object()
                .with("upstream", outlook.upstream())
                .with("resource", resource().toString())
                .withTexts("environments", outlook.placement().environments())
                .withTexts("plans", plans.keySet())
                .withTexts(
                        "domains",
                        plans.values().stream().map(BackupPlans.Plan::domain).distinct())
                .with("ways", new Json.Array(List.copyOf(ways)))
                .with("point", point)
                .with("time", time)
                .with(PRACTICE, practice)
                .withTexts("apart_by_seal_alone", outlook.unseen())
                .withTexts("moved", moved)
                .withTexts("unlooked", unlooked)
                .withTexts("deletable_from_outside", outsiders)
                .with(RED, red);
        all = tried.isPresent() ? all.with("last_tried", tried.get()) : all;
        return practised.isPresent() ? all.with("last_practised", practised.get()) : all;
    }

    private Json.Members way(LossForecast.LossScenario way) {
        List<String> why = new ArrayList<>();
        way.notKnown().forEach(one -> why.add("not known: " + one));
        Optional<Backup> left = way.left();
        way.without().forEach(plan -> why.add("no backup would remain of the data that plan `" + plan + "` saves"));
        if (left.isEmpty() && why.isEmpty()) {
            why.add(way.name().equals(LossForecast.LossScenario.CREDENTIAL) ? misused(way) : "nothing would be left");
        }
        left.ifPresent(backup -> {
            if (backup.restoredAt().isEmpty()) {
                why.add("it has never been restored");
            }
            if (age(backup).compareTo(targets.point()) > 0) {
                why.add("older than the recovery point target");
            }
        });
        Json.Members told = Json.object()
                .with("way", way.name())
                .withTexts("lost", way.lost().stream().sorted())
                .with("known", way.notKnown().isEmpty())
                .with(RED, !why.isEmpty())
                .withTexts("why", why);
        return left.isPresent() ? left(told, left.get()) : told;
    }

    /** Any backup that a credential could not delete would be left. If none is left, there is no backup. */
    private static String misused(LossForecast.LossScenario way) {
        return way.lost().isEmpty()
                ? "no backup"
                : "no backup would remain: `"
                        + String.join("`, `", way.lost().stream().sorted().toList())
                        + "` can delete every backup too";
    }

    private Json.Members left(Json.Members told, Backup backup) {
        return told.with("backup", backup.id())
                .with("domain", backup.domain())
                .with("taken_at", backup.takenAt().toString())
                .with("age_seconds", age(backup).toSeconds())
                .withOptional("restored_at", backup.restoredAt().map(Instant::toString));
    }

    private Duration age(Backup backup) {
        Duration age = Duration.between(backup.takenAt(), now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** Returns the loss after the worst of all ways; unknown if some would leave no backup with a restore test. */
    private Json.Members point(List<Json.Members> ways) {
        boolean all = ways.stream().allMatch(way -> way.get("restored_at").isPresent() && way.flag("known"));
        long worst = ways.stream()
                .filter(way -> way.get("age_seconds").isPresent())
                .mapToLong(way -> way.whole("age_seconds"))
                .max()
                .orElse(0);
        Json.Members point = Json.object()
                .with(TARGET, targets.point().toSeconds())
                .with(RED, !all || worst > targets.point().toSeconds());
        return all ? point.with(SECONDS, worst) : point;
    }

    /** Returns the recovery time of all groups together. For each, the longer of rehearsal and restore test counts. */
    private Json.Members time() {
        List<Json.Members> all =
                groups.stream().flatMap(group -> group.took().stream()).toList();
        Optional<Json.Members> measured = all.isEmpty() || all.size() < groups.size()
                ? Optional.empty()
                : Optional.of(Json.object()
                        .with(
                                SECONDS,
                                all.stream()
                                        .mapToLong(one -> one.whole(SECONDS))
                                        .sum())
                        .with("by", by(all)));
        boolean missed = targets.time()
                .filter(target -> measured.filter(one -> one.whole(SECONDS) <= target.toSeconds())
                        .isEmpty())
                .isPresent();
        return withTarget(measured.orElse(Json.object()), targets.time()).with(RED, missed);
    }

    private String by(List<Json.Members> all) {
        if (all.stream().allMatch(one -> one.text("by").equals(PRACTICE))) {
            return PRACTICE;
        }
        return groups.stream().allMatch(group -> group.wholly().isPresent()) ? "both" : RESTORE;
    }

    private Json.Members practice(Optional<Json.Members> practised) {
        Optional<Long> since = practised.map(one ->
                Duration.between(Instant.parse(one.text("practised_at")), now).toSeconds());
        boolean failed = practised.filter(one -> !one.flag("restored")).isPresent();
        long skipped = practised.map(RehearsalRegistry::skipped).orElse(0L);
        boolean missed = targets.rehearsalAge()
                .filter(target -> skipped > 0
                        || since.filter(seconds -> seconds <= target.toSeconds())
                                .isEmpty())
                .isPresent();
        Json.Members practice =
                since.map(seconds -> Json.object().with(SECONDS, seconds)).orElse(Json.object());
        if (skipped > 0) {
            practice = practice.with("skipped", skipped)
                    .with("steps", practised.orElseThrow().objects("steps").size());
        }
        return withTarget(practice, targets.rehearsalAge()).with(RED, failed || missed);
    }

    private static Json.Members withTarget(Json.Members fields, Optional<Duration> target) {
        return target.map(one -> fields.with(TARGET, one.toSeconds())).orElse(fields);
    }
}
