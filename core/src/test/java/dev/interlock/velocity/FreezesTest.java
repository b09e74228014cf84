package dev.interlock.velocity;

import static dev.interlock.velocity.Steps.DESTROY;
import static dev.interlock.velocity.Steps.WRITE;
import static dev.interlock.velocity.Steps.attempt;
import static dev.interlock.velocity.Steps.lease;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Grounds;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.store.Database;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import dev.interlock.velocity.Velocity.Release;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the seal says: this one limits nothing. */
class FreezesTest {

    private static final Grounds GROUNDS = new Grounds("seal", List.of("p1"));
    private static final Resource PROJECT = new Resource("railway", "project", "q");
    private static final Sensed DELETION = attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "a");
    private static final Sensed READ = attempt(lease("L-1", "L-1"), "volume", Set.of(Impact.READ), "a");

    @TempDir
    private Path directory;

    private final TestingWorld world = new TestingWorld(true, 1);
    private final Seal seal = world.seal();
    private final TestingClock clock = new TestingClock();
    private final TestingSignatures signatures = new TestingSignatures();
    private Database database;
    private Velocity velocity;
    private int intents;

    @BeforeEach
    void start() {
        database = Database.open(directory.resolve("store.db"), Velocity.schemas());
        velocity = new Velocity(database, clock, clock::nanos, signatures, new Random());
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private static Sensed write(String volume) {
        return attempt(lease("L-2", "L-2"), "variableUpsert", WRITE, volume);
    }

    private Release.Granted granted(Sensed sensed) {
        assertThat(velocity.limited(seal, sensed, new Verdict.Permit(GROUNDS))).isInstanceOf(Verdict.Permit.class);
        Release release = velocity.release(seal, sensed, GROUNDS, "R-" + intents++);
        assertThat(release).isInstanceOf(Release.Granted.class);
        return (Release.Granted) release;
    }

    private Refusal refusal(Sensed sensed) {
        Verdict verdict = velocity.limited(seal, sensed, new Verdict.Permit(GROUNDS));
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        assertThat(velocity.release(seal, sensed, GROUNDS, "R-x")).isInstanceOf(Release.Overran.class);
        return ((Verdict.Refuse) verdict).refusal();
    }

    private Freeze only() {
        assertThat(velocity.freezes().standing()).hasSize(1);
        return velocity.freezes().standing().getFirst();
    }

    private Freezes.Lifting lifting(TestingKey key) {
        byte[] statement = velocity.freezes().prepare(seal, only().id()).orElseThrow();
        return velocity.freezes().lifting(seal, statement, key.sign(Freezes.NAMESPACE, statement));
    }

    private String denial(TestingKey key) {
        Freezes.Lifting lifting = lifting(key);
        assertThat(lifting).isInstanceOf(Freezes.Lifting.Denied.class);
        return ((Freezes.Lifting.Denied) lifting).reason();
    }

    /** An agent chooses how it spells a name, and a provider whether it sees the difference. */
    @Test
    void anotherSpellingOfWhatWasDestroyedIsReadOnlyToo() {
        granted(attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "acme/Disk-7"));
        for (String spelling : List.of("acme/disk-7", "ACME/DISK-7", "acme/Disk-7.", "acme.git/disk-7.git")) {
            refusal(write(spelling));
        }
        granted(write("acme/disk-70"));
        granted(attempt(lease("L-1", "L-1"), "volume", Set.of(Impact.READ), "acme/disk-7"));
    }

    @Test
    void whatWasDestroyedIsReadOnlyOverARestart() {
        granted(DELETION);
        Refusal refusal = refusal(write("a"));
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.APPROVABLE);
        assertThat(refusal.reason())
                .isEqualTo("`railway:volume/a` was destroyed at 2026-11-20T08:00:00Z, or may have been, and is"
                        + " read-only until a person lifts that.");
        assertThat(refusal.next()).contains("interlock freeze lift " + only().id());
        for (Impact impact : Impact.values()) {
            if (impact != Impact.READ) {
                refusal(attempt(lease("L-1", "L-1"), "some", Set.of(impact, Impact.READ), "a", "b"));
            }
        }
        granted(READ);
        granted(write("b"));
        stop();
        start();
        refusal(write("a"));
        refusal(DELETION);
    }

    @Test
    void soIsWhatItContainedAndWhatWouldTakeItAlong() {
        Resource volume = new Resource("railway", "volume", "a");
        granted(Steps.sensed(
                lease("L-1", "L-1"),
                List.of(Steps.action("projectDelete", DESTROY, Set.of(PROJECT))),
                Map.of(PROJECT, Steps.place(PROJECT, Set.of("staging"))),
                Set.of(PROJECT, volume)));
        refusal(write("a"));
        granted(write("b"));
        Resource within = new Resource("railway", "service", "s");
        refusal(Steps.sensed(
                lease("L-1", "L-1"),
                List.of(Steps.action("serviceUpdate", WRITE, Set.of(within))),
                Map.of(within, new Placement(within, Set.of("staging"), Set.of(PROJECT), Provenance.RESOLVED, true)),
                Set.of()));
        Resource environment = new Resource("railway", "environment", "e");
        refusal(Steps.sensed(
                lease("L-1", "L-1"),
                List.of(Steps.action("environmentDelete", DESTROY, Set.of(environment))),
                Map.of(environment, Steps.place(environment, Set.of("staging"))),
                Set.of(environment, volume)));
    }

    @Test
    void ofWhatLosesOnlyAPartNothingIsFrozenUnlessAnotherActionTakesAll() {
        granted(losing(new Fact(Fact.DESTROYS, "only a part", Provenance.SEALED)));
        assertThat(velocity.freezes().standing()).isEmpty();
        granted(losing(new Fact(Fact.DESTROYS, "only a part, says the agent", Provenance.CLAIMED)));
        assertThat(velocity.freezes().standing()).hasSize(1);
    }

    @Test
    void itIsFrozenIfAnotherActionTakesAllOfIt() {
        Sensed part = losing(new Fact(Fact.DESTROYS, "only a part", Provenance.SEALED));
        List<Action> both = Stream.concat(part.actions().stream(), DELETION.actions().stream())
                .toList();
        granted(Steps.sensed(
                DELETION.lease(), both, DELETION.placements(), DELETION.radius().lost()));
        assertThat(velocity.freezes().standing()).hasSize(1);
    }

    private static Sensed losing(Fact said) {
        Action all = DELETION.actions().getFirst();
        Action part = new Action(all.operation(), all.impacts(), all.reversibility(), all.resources(), List.of(said));
        return Steps.sensed(
                DELETION.lease(),
                List.of(part),
                DELETION.placements(),
                DELETION.radius().lost());
    }

    @Test
    void itStandsBeforeAnythingLeavesAndNotIfNothingDidOrItFailed() {
        velocity.neverLeft(granted(DELETION));
        granted(write("a"));
        velocity.failed(granted(DELETION));
        granted(write("a"));
        assertThat(velocity.freezes().standing()).isEmpty();
        stop();
        start();
        granted(write("a"));
    }

    @Test
    void withoutTheStoreNothingIsDestroyed() {
        database.close();
        assertThat(velocity.release(seal, DELETION, GROUNDS, "R-1")).isInstanceOf(Release.Refused.class);
        assertThat(velocity.freezes().standing()).isEmpty();
        granted(write("a"));
    }

    @Test
    void whatCannotBeTakenBackInTheStoreStands() {
        Release.Granted granted = granted(DELETION);
        database.close();
        velocity.failed(granted);
        assertThat(velocity.freezes().standing()).hasSize(1);
    }

    @Test
    void anOwnerLiftsItOnceAndForAll() {
        granted(DELETION);
        Freezes.Lifting lifting = lifting(world.ann);
        assertThat(lifting).isInstanceOf(Freezes.Lifting.Allowed.class);
        assertThat(velocity.freezes().lift((Freezes.Lifting.Allowed) lifting)).isTrue();
        assertThat(velocity.freezes().lift((Freezes.Lifting.Allowed) lifting)).isFalse();
        granted(write("a"));
        stop();
        start();
        granted(write("a"));
    }

    @Test
    void aStoreThatFailsLeavesItStanding() {
        granted(DELETION);
        Freezes.Lifting.Allowed lifting = (Freezes.Lifting.Allowed) lifting(world.ann);
        database.close();
        assertThatThrownBy(() -> velocity.freezes().lift(lifting)).isInstanceOf(StoreUnavailableException.class);
        assertThat(velocity.freezes().standing()).hasSize(1);
    }

    @Test
    void nobodyLiftsItWhoMayNot() {
        granted(DELETION);
        assertThat(denial(world.jerSoftware)).contains("a hardware key is needed");
        assertThat(lifting(world.jer)).isInstanceOf(Freezes.Lifting.Allowed.class);
        assertThat(lifting(world.cat)).isInstanceOf(Freezes.Lifting.Allowed.class);
        assertThat(denial(TestingKey.hardware())).contains("nobody's key");
        signatures.killed.add("ann");
        assertThat(denial(world.ann)).contains("is killed");
    }

    @Test
    void onlyAnOwnerLiftsIt() {
        granted(DELETION);
        Seal demoted = seal.with(parts -> parts.people = Map.of(
                "ann",
                new Seal.Person(
                        "ann", Set.of("platform"), seal.people().get("ann").keys())));
        byte[] statement = velocity.freezes().prepare(demoted, only().id()).orElseThrow();
        Freezes.Lifting lifting =
                velocity.freezes().lifting(demoted, statement, world.ann.sign(Freezes.NAMESPACE, statement));
        assertThat(lifting).isEqualTo(new Freezes.Lifting.Denied("`ann` is not one of `owners`."));
    }

    @Test
    void aStatementIsForThisFreezeThisSealAndTenMinutes() {
        granted(DELETION);
        byte[] statement = velocity.freezes().prepare(seal, only().id()).orElseThrow();
        String signature = world.ann.sign(Freezes.NAMESPACE, statement);
        String otherNamespace = world.ann.sign("interlock-kill@v1", statement);
        assertThat(velocity.freezes().lifting(seal, statement, otherNamespace))
                .isInstanceOf(Freezes.Lifting.Denied.class);
        byte[] changed = new String(statement, StandardCharsets.UTF_8)
                .replace("volume/a", "volume/b")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(velocity.freezes().lifting(seal, changed, world.ann.sign(Freezes.NAMESPACE, changed)))
                .isInstanceOf(Freezes.Lifting.Denied.class);
        clock.pass(Duration.ofMinutes(10));
        assertThat(velocity.freezes().lifting(seal, statement, signature)).isInstanceOf(Freezes.Lifting.Denied.class);
    }
}
