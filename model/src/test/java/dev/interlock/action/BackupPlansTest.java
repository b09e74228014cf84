package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.BackupPlans.Plan;
import dev.interlock.action.BackupPlans.RecoveryTargets;
import dev.interlock.testing.TestingKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which changes between two seals count as asking less of backups. */
final class BackupPlansTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Resource OTHER = Resource.parse("railway:volume/v2");
    private static final RecoveryTargets TARGETS = new RecoveryTargets(
            Duration.ofHours(24), Optional.of(Duration.ofMinutes(90)), Optional.of(Duration.ofDays(90)));
    private static final Plan PLAN =
            new Plan(VOLUME, "hetzner:box/u1", TARGETS, Optional.of(Set.of("hetzner-box")), Optional.empty());
    private static final String KEY = TestingKey.software().line();
    private static final BackupPlans BEFORE = new BackupPlans(List.of(KEY), Map.of("shop-db", PLAN));

    private static List<String> looser(Plan plan) {
        return new BackupPlans(List.of(KEY), Map.of("shop-db", plan)).looserThan(BEFORE);
    }

    private static Plan with(RecoveryTargets targets) {
        return new Plan(PLAN.of(), PLAN.domain(), targets, PLAN.deletableBy(), Optional.empty());
    }

    @Test
    void theSameOrMoreIsNotLess() {
        assertThat(BEFORE.looserThan(BEFORE)).isEmpty();
        assertThat(BEFORE.looserThan(BackupPlans.NONE)).isEmpty();
        assertThat(looser(with(new RecoveryTargets(
                        Duration.ofHours(12), Optional.of(Duration.ofMinutes(1)), Optional.of(Duration.ofDays(1))))))
                .isEmpty();
        assertThat(looser(new Plan(VOLUME, PLAN.domain(), TARGETS, Optional.of(Set.of()), Optional.empty())))
                .isEmpty();
        BackupPlans more = new BackupPlans(List.of(KEY), Map.of("shop-db", PLAN, "cart", new Plan(OTHER, "s3:x")));
        assertThat(more.looserThan(BEFORE)).isEmpty();
    }

    /** A resource that needed a plan, and was red without one, needs none any more. */
    @Test
    void whatNobodyHasToBringBackAnyMoreIs() {
        BackupPlans before = new BackupPlans(List.of(KEY), Map.of("shop-db", PLAN));
        BackupPlans now = new BackupPlans(List.of(KEY), Map.of("shop-db", PLAN), Set.of(OTHER));
        assertThat(now.looserThan(before)).containsExactly("nothing in `" + OTHER + "` needs a backup any more");
        assertThat(before.looserThan(now)).isEmpty();
        assertThat(now.looserThan(now)).isEmpty();
    }

    @Test
    void aPlanThatIsGoneIs() {
        assertThat(new BackupPlans(List.of(KEY), Map.of()).looserThan(BEFORE))
                .containsExactly("plan `shop-db` is removed: no plan saves `railway:volume/v1` in its place");
    }

    private static BackupPlans of(Map<String, Plan> plans) {
        return new BackupPlans(List.of(KEY), plans);
    }

    private static Plan copy(Plan plan, String of) {
        return new Plan(plan.of(), plan.domain(), plan.targets(), plan.deletableBy(), Optional.of(of));
    }

    /** Two databases of one volume, for example: nothing shows that the one holds the data of the other. */
    @Test
    void oneOfTwoPlansOfOneThingThatIsGoneIs() {
        BackupPlans before = of(Map.of("shop-db", PLAN, "shop-billing", PLAN));
        for (String left : List.of("shop-db", "orders")) {
            assertThat(of(Map.of(left, PLAN)).looserThan(before))
                    .contains("plan `shop-billing` is removed: no plan saves `railway:volume/v1` in its place");
        }
    }

    @Test
    void aPlanThatACopyStandsInForIsJudgedByThat() {
        BackupPlans before = of(Map.of("shop-db", PLAN, "far", copy(PLAN, "shop-db")));
        assertThat(of(Map.of("shop-db", PLAN)).looserThan(before)).isEmpty();
        assertThat(of(Map.of("far", PLAN)).looserThan(before)).isEmpty();
        Plan older = with(new RecoveryTargets(Duration.ofDays(7), TARGETS.time(), TARGETS.rehearsalAge()));
        assertThat(of(Map.of("far", older)).looserThan(of(Map.of("shop-db", PLAN, "far", copy(older, "shop-db")))))
                .containsExactly("the backups of plan `far`, which replaces `shop-db`, may be 7d and not 1d old");
        assertThat(of(Map.of()).looserThan(before)).hasSize(2);
    }

    /** Until now each plan needed a backup. */
    @Test
    void whatCountsInThePlaceOfAnotherIs() {
        BackupPlans now = of(Map.of("shop-db", PLAN, "far", copy(PLAN, "shop-db")));
        assertThat(now.looserThan(BEFORE))
                .containsExactly("the backups of plan `far` count instead of those of plan `shop-db`");
        assertThat(now.looserThan(of(Map.of("shop-db", PLAN, "far", PLAN)))).hasSize(1);
        assertThat(of(Map.of("shop-db", PLAN, "far", PLAN)).looserThan(now)).isEmpty();
        assertThat(now.looserThan(now)).isEmpty();
        assertThat(now.looserThan(BackupPlans.NONE)).isEmpty();
    }

    /** The new plan may save anything, and suffices from then on. The next seal could drop the old one unnoticed. */
    @Test
    void whatIsMadeACopyOfANewOneIs() {
        BackupPlans now = of(Map.of("shop-any", PLAN, "shop-db", copy(PLAN, "shop-any")));
        assertThat(now.looserThan(BEFORE))
                .containsExactly("the backups of plan `shop-db` count instead of those of plan `shop-any`");
        BackupPlans beside = of(Map.of("shop-db", PLAN, "new", PLAN, "far", copy(PLAN, "new")));
        assertThat(beside.looserThan(BEFORE)).as("both are new").isEmpty();
        BackupPlans swapped = of(Map.of("far", PLAN, "shop-db", copy(PLAN, "far")));
        assertThat(swapped.looserThan(of(Map.of("shop-db", PLAN, "far", copy(PLAN, "shop-db")))))
                .as("one of both was enough before")
                .isEmpty();
    }

    @Test
    void whatMayBeOlderOrTakeLongerIs() {
        assertThat(looser(with(new RecoveryTargets(Duration.ofDays(7), TARGETS.time(), TARGETS.rehearsalAge()))))
                .containsExactly("the backups of plan `shop-db` may be 7d and not 1d old");
        assertThat(looser(
                        with(new RecoveryTargets(TARGETS.point(), Optional.of(Duration.ofHours(2)), Optional.empty()))))
                .containsExactly(
                        "the backups of plan `shop-db` may take 2h and not 90m to restore everything",
                        "the backups of plan `shop-db` may have had their last rehearsal any time, and not 90d ago");
    }

    @Test
    void anotherPlaceOrResourceIs() {
        assertThat(looser(new Plan(OTHER, "railway:volume/v1", TARGETS, PLAN.deletableBy(), Optional.empty())))
                .containsExactly(
                        "the backups of plan `shop-db` restore `railway:volume/v2` instead of `railway:volume/v1`",
                        "the backups of plan `shop-db` are stored in `railway:volume/v1` instead of `hetzner:box/u1`");
    }

    @Test
    void whoMayDeleteThemIs() {
        assertThat(looser(new Plan(
                        VOLUME,
                        PLAN.domain(),
                        TARGETS,
                        Optional.of(Set.of("hetzner-box", "railway")),
                        Optional.empty())))
                .containsExactly("the backups of plan `shop-db` can be deleted by `railway` too");
        assertThat(looser(new Plan(VOLUME, PLAN.domain(), TARGETS, Optional.empty(), Optional.empty())))
                .containsExactly("the backups of plan `shop-db` no longer name the credentials that can delete them");
    }

    @Test
    void anotherKeyWhoseWordCountsIs() {
        TestingKey another = TestingKey.software();
        BackupPlans now = new BackupPlans(List.of(KEY, another.line()), Map.of("shop-db", PLAN));
        assertThat(now.looserThan(BEFORE))
                .singleElement()
                .asString()
                .contains(another.publicKey().fingerprint());
        assertThat(new BackupPlans(List.of(another.line()), Map.of()).looserThan(BackupPlans.NONE))
                .isEmpty();
    }
}
