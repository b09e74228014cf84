package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingAttester;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests rehearsals that wait for the signature of the person who did them. */
final class RehearsalRegistryTest {

    private static final Resource VOLUME = Resource.parse("railway:volume/v1");
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    @TempDir
    private Path directory;

    private final Seal seal = Fixtures.seal().with(parts -> parts.backups = new TestingAttester(VOLUME).plans());
    private RehearsalRegistry rehearsals;

    @BeforeEach
    void open() throws IOException {
        rehearsals = RehearsalRegistry.open(directory, (_, _, _) -> "anna");
    }

    private static Json.Members practised(Instant at, String... steps) {
        return new Rehearsal(
                        TestingAttester.PLAN,
                        VOLUME,
                        "b1",
                        at,
                        List.of(steps.length == 0 ? new String[] {"restoring"} : steps).stream()
                                .map(step -> new Rehearsal.RehearsalStep(
                                        step, Rehearsal.StepResult.DONE, Duration.ofSeconds(4)))
                                .toList(),
                        List.of())
                .json();
    }

    private String leave(Json.Members said, Instant now) throws IOException {
        String id = rehearsals.requireSignable(seal, said, now);
        rehearsals.keepUnsigned(said, "root", now);
        return id;
    }

    private List<String> waiting(Instant now) {
        return rehearsals.waiting(seal, now).stream()
                .map(RehearsalRegistry.UnsignedRehearsal::id)
                .toList();
    }

    @Test
    void itWaitsAndCountsForNothing() throws IOException {
        Json.Members said = practised(NOW);
        String id = leave(said, NOW);
        assertThat(rehearsals.rehearsals(seal, TestingAttester.PLAN)).isEmpty();
        rehearsals = RehearsalRegistry.open(directory, (_, _, _) -> "anna"); // after a restart
        assertThat(rehearsals.waiting(seal, NOW))
                .containsExactly(new RehearsalRegistry.UnsignedRehearsal(id, said, "root", NOW));
        leave(said, NOW);
        assertThat(waiting(NOW)).as("the same is there once").containsExactly(id);
    }

    /** The record has milliseconds, and clocks are finer: together they make a second now and then. */
    @Test
    void whatTookPartsOfMillisecondsIsWhatTheRecordSays() throws IOException {
        Rehearsal.RehearsalStep step =
                new Rehearsal.RehearsalStep("restoring", Rehearsal.StepResult.DONE, Duration.ofNanos(1_000_400_000));
        Json.Members said =
                new Rehearsal(TestingAttester.PLAN, VOLUME, "b1", NOW, List.of(step, step, step), List.of()).json();
        assertThat(rehearsals.require(seal, said, "by anna", NOW)).isEqualTo("anna");
        assertThat(said.whole("took_seconds")).isEqualTo(3);
    }

    @Test
    void whatIsSignedOrOlderThanThatWaitsNoMore() throws IOException {
        Json.Members older = practised(NOW);
        Json.Members signed = practised(NOW.plusSeconds(60));
        Json.Members younger = practised(NOW.plusSeconds(120));
        Instant later = NOW.plusSeconds(600);
        leave(older, later);
        leave(signed, later);
        String rest = leave(younger, later);
        rehearsals.require(seal, signed, "by anna", later);
        rehearsals.keep(signed, "by anna");
        assertThat(waiting(later)).containsExactly(rest);
    }

    private static Json.Members byATimer(Instant at) {
        return new Rehearsal(
                        TestingAttester.PLAN,
                        VOLUME,
                        "b1",
                        at,
                        List.of(
                                new Rehearsal.RehearsalStep(
                                        "restoring", Rehearsal.StepResult.DONE, Duration.ofSeconds(4)),
                                new Rehearsal.RehearsalStep(
                                        "switch over", Rehearsal.StepResult.SKIPPED, Duration.ZERO)),
                        List.of())
                .json();
    }

    /** Nobody did its steps, so it says nothing about people. */
    @Test
    void whatATimerRehearsesPushesOutNobodysPractice() throws IOException {
        Json.Members whole = practised(NOW);
        rehearsals.keep(whole, "by anna");
        for (int night = 1; night <= 40; night++) {
            Json.Members said = byATimer(NOW.plus(Duration.ofDays(night)));
            rehearsals.require(seal, said, "by anna", NOW.plus(Duration.ofDays(night)));
            rehearsals.keep(said, "by anna");
        }
        rehearsals = RehearsalRegistry.open(directory, (_, _, _) -> "anna"); // after a restart
        assertThat(rehearsals.rehearsals(seal, TestingAttester.PLAN)).hasSize(2).contains(whole.with("by", "anna"));
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenOnceThereIsRoom() throws IOException {
        Path inTheWay = Files.createDirectories(directory.resolve(TestingAttester.PLAN + ".json.new/full"));
        assertThatThrownBy(() -> rehearsals.keep(practised(NOW), "by anna")).isInstanceOf(IOException.class);
        Files.delete(inTheWay);
        rehearsals.settle();
        open();
        assertThat(rehearsals.rehearsals(seal, TestingAttester.PLAN)).hasSize(1);
    }

    @Test
    void whatATimerRehearsesKeepsNobodysPracticeFromBeingSigned() throws IOException {
        Instant later = NOW.plusSeconds(600);
        Json.Members said = practised(NOW);
        String id = leave(said, later);
        Json.Members nightly = byATimer(NOW.plusSeconds(60));
        rehearsals.keep(nightly, "by anna");
        assertThat(waiting(later)).containsExactly(id);
        assertThat(rehearsals.require(seal, said, "by anna", later)).isEqualTo("anna");
        assertThatThrownBy(() -> rehearsals.require(seal, nightly, "by anna", later))
                .hasMessageContaining("known already");
    }

    @Test
    void aWeekLaterItIsForgotten() throws IOException {
        String id = leave(practised(NOW), NOW);
        assertThat(waiting(NOW.plus(UnsignedRehearsals.KEPT).minusSeconds(1))).containsExactly(id);
        assertThat(waiting(NOW.plus(UnsignedRehearsals.KEPT))).isEmpty();
    }

    @Test
    void ofOnePlanTheLastFewWait() throws IOException {
        for (int i = 0; i <= UnsignedRehearsals.MAX_OF_A_PLAN; i++) {
            leave(practised(NOW.plusSeconds(i)), NOW.plusSeconds(60));
        }
        assertThat(rehearsals.waiting(seal, NOW.plusSeconds(60)))
                .hasSize(UnsignedRehearsals.MAX_OF_A_PLAN)
                .extracting(one -> one.said().text("practised_at"))
                .doesNotContain(NOW.toString());
    }

    @Test
    void nobodysGivesWayToAnothers() throws IOException {
        Json.Members own = practised(NOW);
        rehearsals.keepUnsigned(own, "ann", NOW.plusSeconds(60));
        for (int i = 1; i <= UnsignedRehearsals.MAX_OF_A_PLAN; i++) {
            leave(practised(NOW.plusSeconds(i)), NOW.plusSeconds(60));
        }
        rehearsals.keepUnsigned(own, "root", NOW.plusSeconds(90));
        assertThat(rehearsals.waiting(seal, NOW.plusSeconds(90)))
                .hasSize(UnsignedRehearsals.MAX_OF_A_PLAN + 1)
                .anySatisfy(one -> {
                    assertThat(one.said()).isEqualTo(own);
                    assertThat(one.by()).isEqualTo("ann");
                });
    }

    @Test
    void whatNoSignatureCouldMakeCountIsNotTaken() {
        String[] long64 = new String[64];
        java.util.Arrays.fill(long64, "x".repeat(100));
        for (Json.Members wrong : List.of(
                practised(NOW.plus(Duration.ofHours(1))),
                practised(Instant.MIN),
                practised(Instant.EPOCH.minusSeconds(1)),
                practised(NOW).with("plan", "other"),
                practised(NOW).with("of", "railway:volume/v2"),
                practised(NOW).with("took_seconds", 1),
                practised(NOW).with("more", "of it"),
                practised(NOW, long64))) {
            assertThatThrownBy(() -> rehearsals.requireSignable(seal, wrong, NOW))
                    .as(wrong.toString())
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anotherSealThatKnowsNoSuchPlanShowsNone() throws IOException {
        leave(practised(NOW), NOW);
        assertThat(rehearsals.waiting(Fixtures.seal(), NOW)).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadHoldsNone() throws IOException {
        leave(practised(NOW), NOW);
        Files.writeString(directory.resolve("unsigned"), "{");
        assertThat(waiting(NOW)).isEmpty();
        assertThat(leave(practised(NOW), NOW)).isNotEmpty();
        assertThat(waiting(NOW)).hasSize(1);
    }
}
