package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.LossForecast;
import dev.interlock.testing.Fixtures;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecoveryStatusTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Instant NOW = Fixtures.NOW;

    private static final String PLAN = "shop-db";
    private static final String OTHER = "shop-billing";

    private final Map<String, List<Json.Members>> allTried = new HashMap<>();
    private final Map<String, List<Json.Members>> allPractised = new HashMap<>();
    private final List<Json.Members> tried = allTried.computeIfAbsent(PLAN, _ -> new ArrayList<>());
    private final List<Json.Members> practised = allPractised.computeIfAbsent(PLAN, _ -> new ArrayList<>());
    private final Map<String, Optional<String>> plans = new HashMap<>(Map.of(PLAN, Optional.empty()));
    private final Map<String, String> moved = new HashMap<>();
    private final Map<String, Instant> unlooked = new HashMap<>();
    private Set<String> unseen = Set.of();
    private Optional<Set<String>> deletableBy = Optional.empty();
    private BackupPlans.RecoveryTargets targets = new BackupPlans.RecoveryTargets(
            Duration.ofHours(24), Optional.of(Duration.ofHours(1)), Optional.of(Duration.ofDays(90)));

    private static Instant hoursAgo(long hours) {
        return NOW.minus(Duration.ofHours(hours));
    }

    private static Backup backup(long hours, boolean restored) {
        return new Backup(
                "shop-db/b1",
                VOLUME,
                hoursAgo(hours),
                "hetzner:box/u1",
                Provenance.ATTESTED,
                restored ? Optional.of(hoursAgo(1)) : Optional.empty());
    }

    private static LossForecast.LossScenario way(String name, Optional<Backup> left, String... notKnown) {
        return new LossForecast.LossScenario(name, Set.of("railway:" + name), left, Set.of(), List.of(notKnown));
    }

    private Json.Members judged(LossForecast.LossScenario... ways) {
        Map<String, BackupPlans.Plan> sealed = new HashMap<>();
        plans.forEach((name, copyOf) ->
                sealed.put(name, new BackupPlans.Plan(VOLUME, "hetzner:box/u1", targets, deletableBy, copyOf)));
        Seal.CredentialSlot slot = new Seal.CredentialSlot(
                "hetzner-box", Set.of("production"), Set.of(Impact.READ), "authorization", "Bearer");
        Seal.Upstream upstream = new Seal.Upstream(
                "hetzner",
                "hetzner",
                URI.create("https://example.test"),
                Optional.empty(),
                List.of(slot),
                Optional.empty(),
                Map.of(),
                List.of());
        Seal seal = Fixtures.seal().with(parts -> {
            parts.backups = new BackupPlans(List.of(), sealed);
            parts.upstreams = Map.of("hetzner", upstream);
        });
        Placement placement = new Placement(VOLUME, Set.of("production"), Set.of(), Provenance.SEALED, true);
        return new RecoveryStatus(
                        seal,
                        new LossForecast("railway", placement, List.of(ways), unseen),
                        new RecoveryStatus.KnownRecords() {
                            @Override
                            public Collection<Json.Members> tried(String plan) {
                                return allTried.getOrDefault(plan, List.of());
                            }

                            @Override
                            public Collection<Json.Members> rehearsals(Seal under, String plan) {
                                return allPractised.getOrDefault(plan, List.of());
                            }

                            @Override
                            public Optional<Instant> uncheckedSince(String plan) {
                                return Optional.ofNullable(unlooked.get(plan));
                            }

                            @Override
                            public Optional<String> moved(Seal under, String plan) {
                                return Optional.ofNullable(moved.get(plan));
                            }
                        },
                        NOW)
                .json();
    }

    private static Json.Members only(Json.Members judged) {
        return judged.objects("ways").getFirst();
    }

    private void practise(long daysAgo, boolean restored, long seconds) {
        practised.add(practice("anna", daysAgo, restored, seconds, "done"));
    }

    /** Returns a rehearsal with two steps: one by the program, and one by people with the result {@code people}. */
    private static Json.Members practice(String by, long daysAgo, boolean restored, long seconds, String people) {
        return Json.object()
                .with("by", by)
                .with("practised_at", hoursAgo(daysAgo * 24).toString())
                .with("restored", restored)
                .with("took_seconds", seconds)
                .with(
                        "steps",
                        new Json.Array(List.of(
                                Json.object().with("result", "done"),
                                Json.object().with("result", people))));
    }

    private void everythingIsFine() {
        practise(12, true, 240);
        tried.add(Json.object()
                .with("tried_at", hoursAgo(1).toString())
                .with("restored", true)
                .with("took_seconds", 40));
    }

    @Test
    void credentialsOutsideTheVaultThatDeleteBackupsAreNamed() {
        everythingIsFine();
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).texts("deletable_from_outside"))
                .isEmpty();
        deletableBy = Optional.of(Set.of("hetzner-bx", "hetzner-box"));
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).texts("deletable_from_outside"))
                .containsExactly("hetzner-bx");
    }

    @Test
    void anUncheckedTargetIsReported() {
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).texts("unlooked"))
                .isEmpty();
        unlooked.put(PLAN, Instant.parse("2026-11-22T15:50:02Z"));
        assertThat(judged(way("volume", Optional.empty())).texts("unlooked"))
                .singleElement()
                .asString()
                .contains(PLAN, "since 2026-11-22T15:50:02Z; they do not count");
    }

    /** Sources may move, but on this day people can notice that another source is saved. */
    @Test
    void aMovedSourceIsRed() {
        everythingIsFine();
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).flag("red"))
                .isFalse();
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).texts("moved"))
                .isEmpty();
        moved.put(PLAN, "from here to there");
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.texts("moved")).containsExactly("from here to there");
        assertThat(judged.flag("red")).isTrue();
    }

    /** Another machine cannot be inspected from here: that is no fault, and it is reported. */
    @Test
    void separationClaimedOnlyByTheSealIsReported() {
        everythingIsFine();
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).texts("apart_by_seal_alone"))
                .isEmpty();
        unseen = Set.of("shop-db/b1");
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.texts("apart_by_seal_alone")).containsExactly("shop-db/b1");
        assertThat(judged.flag("red")).isFalse();
    }

    @Test
    void aRecentRestoredAndRehearsedBackupIsGreen() {
        everythingIsFine();
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.flag("red")).isFalse();
        assertThat(only(judged).whole("age_seconds")).isEqualTo(3 * 3600);
        assertThat(judged.object("point").whole("seconds")).isEqualTo(3 * 3600);
        assertThat(judged.object("time").whole("seconds")).isEqualTo(240);
        assertThat(judged.object("time").text("by")).isEqualTo("practice");
        assertThat(judged.object("practice").whole("seconds")).isEqualTo(12 * 86_400);
        assertThat(judged.object("last_practised").text("by")).isEqualTo("anna");
    }

    @Test
    void noRemainingBackupIsRed() {
        everythingIsFine();
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))), way("account", Optional.empty()));
        assertThat(judged.flag("red")).isTrue();
        assertThat(judged.object("point").get("seconds")).isEmpty();
        assertThat(judged.object("point").flag("red")).isTrue();
        assertThat(judged.objects("ways").getFirst().flag("red")).isFalse();
        assertThat(judged.objects("ways").getLast().texts("why")).containsExactly("nothing would be left");
    }

    /** The users who could delete a missing backup do not matter yet; taking one does. */
    @Test
    void aMissingBackupIsNotReportedAsDeletable() {
        Json.Members none = judged(new LossForecast.LossScenario(
                LossForecast.LossScenario.CREDENTIAL, Set.of(), Optional.empty(), Set.of(), List.of()));
        assertThat(only(none).flag("red")).isTrue();
        assertThat(only(none).texts("why")).containsExactly("no backup");
        Json.Members shared = judged(new LossForecast.LossScenario(
                LossForecast.LossScenario.CREDENTIAL,
                Set.of("railway-destroy"),
                Optional.empty(),
                Set.of(),
                List.of()));
        assertThat(only(shared).texts("why"))
                .containsExactly("no backup would remain: `railway-destroy` can delete every " + "backup too");
    }

    @Test
    void unknownFactsAreRed() {
        everythingIsFine();
        Json.Members judged = judged(way("credential", Optional.empty(), "who can delete it"));
        assertThat(only(judged).flag("red")).isTrue();
        assertThat(only(judged).flag("known")).isFalse();
        assertThat(only(judged).texts("why")).containsExactly("not known: who can delete it");
    }

    @Test
    void anUnrestoredBackupIsRed() {
        everythingIsFine();
        Json.Members judged = judged(way("volume", Optional.of(backup(3, false))));
        assertThat(only(judged).texts("why")).containsExactly("it has never been restored");
        assertThat(judged.object("point").get("seconds")).isEmpty();
    }

    @Test
    void aTooOldBackupIsRed() {
        everythingIsFine();
        Json.Members judged = judged(way("volume", Optional.of(backup(25, true))));
        assertThat(only(judged).flag("red")).isTrue();
        assertThat(judged.object("point").flag("red")).isTrue();
        assertThat(judged.object("point").whole("seconds")).isEqualTo(25 * 3600);
    }

    @Test
    void exactlyAtTheTargetIsGreen() {
        everythingIsFine();
        assertThat(judged(way("volume", Optional.of(backup(24, true)))).flag("red"))
                .isFalse();
    }

    @Test
    void aRecoveryThatTakesTooLongIsRed() {
        practise(12, true, 3601);
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("time")
                        .flag("red"))
                .isTrue();
    }

    @Test
    void withoutRehearsalTheTimeIsThatOfTheRestore() {
        tried.add(Json.object()
                .with("tried_at", hoursAgo(1).toString())
                .with("restored", true)
                .with("took_seconds", 40));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.object("time").whole("seconds")).isEqualTo(40);
        assertThat(judged.object("time").text("by")).isEqualTo("restore");
        assertThat(judged.object("practice").flag("red")).isTrue();
        assertThat(judged.flag("red")).isTrue();
    }

    /** A timer's rehearsal shows that the program works; its signer has not done the other steps. */
    @Test
    void aPartialRehearsalDoesNotCount() {
        everythingIsFine();
        practised.clear();
        practised.add(practice("anna", 12, true, 240, "skipped"));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.object("time").whole("seconds")).isEqualTo(40);
        assertThat(judged.object("time").text("by")).isEqualTo("restore");
        assertThat(judged.object("practice").flag("red")).isTrue();
        assertThat(judged.object("practice").whole("skipped")).isEqualTo(1);
        assertThat(judged.object("practice").whole("steps")).isEqualTo(2);
        assertThat(judged.object("last_practised").text("by")).isEqualTo("anna");
        targets = new BackupPlans.RecoveryTargets(Duration.ofHours(24), Optional.empty(), Optional.empty());
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).flag("red"))
                .isFalse();
    }

    /** A timer that rehearses every night afterwards does not undo people's rehearsal. */
    @Test
    void aLaterSkippedStepKeepsTheRehearsal() {
        everythingIsFine();
        practised.add(practice("ben", 1, true, 20, "skipped"));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.flag("red")).isFalse();
        assertThat(judged.object("time").whole("seconds")).isEqualTo(240);
        assertThat(judged.object("practice").whole("seconds")).isEqualTo(12 * 86_400);
        assertThat(judged.object("practice").get("skipped")).isEmpty();
        assertThat(judged.object("last_practised").text("by")).isEqualTo("anna");
        practised.add(practice("ben", 0, false, 20, "skipped"));
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("practice")
                        .flag("red"))
                .isTrue();
    }

    /** A nightly failure is over with the next nightly success; a person's failure is not. */
    @Test
    void onlyACompleteRehearsalReplacesAFailedOne() {
        everythingIsFine();
        practised.add(practice("anna", 3, false, 240, "done"));
        practised.add(practice("ben", 2, true, 20, "skipped"));
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("practice")
                        .flag("red"))
                .isTrue();
        practised.remove(practised.size() - 2);
        practised.add(practice("ben", 3, false, 20, "skipped"));
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("practice")
                        .flag("red"))
                .isFalse();
    }

    /** The rehearsal was quick because there was little data. */
    @Test
    void theLongerOfRestoreAndRehearsalCounts() {
        everythingIsFine();
        tried.add(Json.object()
                .with("tried_at", NOW.toString())
                .with("restored", true)
                .with("took_seconds", 4000));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.object("time").whole("seconds")).isEqualTo(4000);
        assertThat(judged.object("time").text("by")).isEqualTo("both");
        assertThat(judged.object("time").flag("red")).isTrue();
        assertThat(judged.object("practice").flag("red")).isFalse();
    }

    @Test
    void anUnknownTargetIsMissed() {
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.object("time").flag("red")).isTrue();
        targets = new BackupPlans.RecoveryTargets(Duration.ofHours(24), Optional.empty(), Optional.empty());
        Json.Members without = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(without.object("time").flag("red")).isFalse();
        assertThat(without.flag("red")).isFalse();
    }

    @Test
    void aFailedOrOldRehearsalIsRed() {
        everythingIsFine();
        practise(1, false, 10);
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("practice")
                        .flag("red"))
                .isTrue();
        practised.clear();
        practise(91, true, 10);
        assertThat(judged(way("volume", Optional.of(backup(3, true))))
                        .object("practice")
                        .flag("red"))
                .isTrue();
    }

    @Test
    void aBackupThatLastFailedItsTestIsRed() {
        everythingIsFine();
        tried.add(Json.object()
                .with("tried_at", NOW.toString())
                .with("restored", false)
                .withTexts("wrong", List.of("it is cut off")));
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).flag("red"))
                .isTrue();
    }

    private static Json.Members trial(long hours, boolean restored) {
        return Json.object()
                .with("tried_at", hoursAgo(hours).toString())
                .with("restored", restored)
                .with("took_seconds", 40)
                .withTexts("wrong", restored ? List.of() : List.of("it is cut off"));
    }

    /** The daily success of one database does not hide the other. */
    @Test
    void eachOfTwoPlansIsChecked() {
        everythingIsFine();
        plans.put(OTHER, Optional.empty());
        allPractised.put(OTHER, List.copyOf(practised));
        allTried.put(OTHER, List.of(trial(30, false)));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.flag("red")).isTrue();
        assertThat(judged.object("last_tried").flag("restored")).isFalse();
        allTried.put(OTHER, List.of(trial(30, false), trial(29, true)));
        assertThat(judged(way("volume", Optional.of(backup(3, true)))).flag("red"))
                .isFalse();
    }

    /** Both have to be restored, one after the other, and by people who have done it. */
    @Test
    void bothOfTwoPlansNeedARehearsal() {
        everythingIsFine();
        plans.put(OTHER, Optional.empty());
        allTried.put(OTHER, List.of(trial(2, true)));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.object("practice").flag("red")).isTrue();
        assertThat(judged.get("last_practised")).isEmpty();
        assertThat(judged.object("time").whole("seconds")).isEqualTo(240 + 40);
        assertThat(judged.object("time").text("by")).isEqualTo("restore");
        allPractised.put(OTHER, List.of(practice("ben", 20, true, 60, "done")));
        Json.Members both = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(both.flag("red")).isFalse();
        assertThat(both.object("practice").whole("seconds")).isEqualTo(20 * 86_400);
        assertThat(both.object("last_practised").text("by")).isEqualTo("ben");
        assertThat(both.object("time").whole("seconds")).isEqualTo(240 + 60);
        assertThat(both.object("time").text("by")).isEqualTo("practice");
    }

    @Test
    void oneOfSeveralCopiesNeedsARehearsal() {
        everythingIsFine();
        plans.put("far", Optional.of(PLAN));
        Json.Members judged = judged(way("volume", Optional.of(backup(3, true))));
        assertThat(judged.flag("red")).isFalse();
        assertThat(judged.object("time").whole("seconds")).isEqualTo(240);
    }

    @Test
    void resourcesWithoutRemainingBackupAreNamed() {
        everythingIsFine();
        Json.Members judged = judged(new LossForecast.LossScenario(
                "volume", Set.of("railway:volume"), Optional.empty(), Set.of(OTHER), List.of()));
        assertThat(only(judged).texts("why"))
                .containsExactly("no backup would remain of the data that plan `shop-billing` saves");
    }
}
