package dev.interlock.limits;

import static dev.interlock.limits.LimitSamples.DESTROY;
import static dev.interlock.limits.LimitSamples.WRITE;
import static dev.interlock.limits.LimitSamples.attempt;
import static dev.interlock.limits.LimitSamples.lease;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.identity.SignedOrders;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.store.Database;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests freezes, which do not depend on the seal's limits: this seal limits nothing. */
class FreezesTest {

    private static final VerdictReasons GROUNDS = new VerdictReasons("seal", List.of("p1"));
    private static final Resource PROJECT = new Resource("railway", "project", "q");
    private static final ResolvedAttempt DELETION = attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "a");
    private static final ResolvedAttempt READ = attempt(lease("L-1", "L-1"), "volume", Set.of(Impact.READ), "a");

    @TempDir
    private Path directory;

    private final TestingWorld world = new TestingWorld(true, 1);
    private final Seal seal = world.seal();
    private final TestingClock clock = new TestingClock();
    private final TestingSignatures signatures = new TestingSignatures();
    private Database database;
    private LimitEnforcer limits;
    private int intents;

    @BeforeEach
    void start() {
        database = StoreEngine.open(directory.resolve("store.db"), SqliteLimitStore.SCHEMAS);
        limits = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, signatures.orders(clock), new Random());
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private static ResolvedAttempt write(String volume) {
        return attempt(lease("L-2", "L-2"), "variableUpsert", WRITE, volume);
    }

    private ReleaseResult.GrantedRelease granted(ResolvedAttempt sensed) {
        assertThat(limits.limited(seal, sensed, new Verdict.Permit(GROUNDS))).isInstanceOf(Verdict.Permit.class);
        ReleaseResult release = limits.release(seal, sensed, GROUNDS, "R-" + intents++);
        assertThat(release).isInstanceOf(ReleaseResult.GrantedRelease.class);
        return (ReleaseResult.GrantedRelease) release;
    }

    private Refusal refusal(ResolvedAttempt sensed) {
        Verdict verdict = limits.limited(seal, sensed, new Verdict.Permit(GROUNDS));
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        assertThat(limits.release(seal, sensed, GROUNDS, "R-x")).isInstanceOf(ReleaseResult.LimitedRelease.class);
        return ((Verdict.Refuse) verdict).refusal();
    }

    private Freeze only() {
        assertThat(limits.freezes().active()).hasSize(1);
        return limits.freezes().active().getFirst();
    }

    private SignedOrders.OrderResult<Freeze> lifting(TestingKey key) {
        byte[] statement = limits.freezes().prepare(seal, only().id()).orElseThrow();
        return limits.freezes().lifting(seal, statement, key.sign(Freezes.NAMESPACE, statement));
    }

    private String denial(TestingKey key) {
        SignedOrders.OrderResult<Freeze> lifting = lifting(key);
        assertThat(lifting).isInstanceOf(SignedOrders.OrderResult.DeniedOrder.class);
        return ((SignedOrders.OrderResult.DeniedOrder<Freeze>) lifting).reason();
    }

    /** An agent chooses the spelling of a name, and the provider may not see a difference. */
    @Test
    void otherSpellingsOfADestroyedResourceAreReadOnly() {
        granted(attempt(lease("L-1", "L-1"), "volumeDelete", DESTROY, "acme/Disk-7"));
        for (String spelling : List.of("acme/disk-7", "ACME/DISK-7", "acme/Disk-7.", "acme.git/disk-7.git")) {
            refusal(write(spelling));
        }
        granted(write("acme/disk-70"));
        granted(attempt(lease("L-1", "L-1"), "volume", Set.of(Impact.READ), "acme/disk-7"));
    }

    /** It has not heard yet that this gateway destroyed the resource, and asks the store. */
    @Test
    void ofTwoGatewaysThatDestroyTheSameTheSecondFindsItFrozen() {
        LimitEnforcer other = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, signatures.orders(clock), new Random());
        granted(DELETION);
        assertThat(other.freezes().active()).isEmpty();
        assertThat(other.release(seal, DELETION, GROUNDS, "R-other")).isInstanceOf(ReleaseResult.LimitedRelease.class);
    }

    @Test
    void aDestroyedResourceStaysReadOnlyAfterARestart() {
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
    void itsPartsAndContainersAreReadOnlyToo() {
        Resource volume = new Resource("railway", "volume", "a");
        granted(LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(LimitSamples.action("projectDelete", DESTROY, Set.of(PROJECT))),
                Map.of(PROJECT, LimitSamples.place(PROJECT, Set.of("staging"))),
                Set.of(PROJECT, volume)));
        refusal(write("a"));
        granted(write("b"));
        Resource within = new Resource("railway", "service", "s");
        refusal(LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(LimitSamples.action("serviceUpdate", WRITE, Set.of(within))),
                Map.of(within, new Placement(within, Set.of("staging"), Set.of(PROJECT), Provenance.RESOLVED, true)),
                Set.of()));
        Resource environment = new Resource("railway", "environment", "e");
        refusal(LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(LimitSamples.action("environmentDelete", DESTROY, Set.of(environment))),
                Map.of(environment, LimitSamples.place(environment, Set.of("staging"))),
                Set.of(environment, volume)));
    }

    @Test
    void aPartialDestructionFreezesNothing() {
        granted(losing(new Fact(Fact.DESTROYS, "only a part", Provenance.SEALED)));
        assertThat(limits.freezes().active()).isEmpty();
        granted(losing(new Fact(Fact.DESTROYS, "only a part, says the agent", Provenance.CLAIMED)));
        assertThat(limits.freezes().active()).hasSize(1);
    }

    /** Such as one deletion at a server of MCP that names no resource: the next draft is nothing that was lost. */
    @Test
    void whatNamesNothingFreezesNoWholeAccount() {
        Resource account = new Resource("mail", "account", "self");
        Resource folder = new Resource("mail", "folder", "f");
        granted(mail("delete_draft", DESTROY, account));
        granted(mail("write_draft", WRITE, account));
        granted(mail("delete_folder", DESTROY, account, folder));
        granted(mail("write_draft", WRITE, account));
        refusal(mail("rename_folder", WRITE, folder));
    }

    private static ResolvedAttempt mail(String tool, Set<Impact> impacts, Resource... named) {
        Set<Resource> resources = Set.of(named);
        return LimitSamples.sensed(
                lease("L-1", "L-1"),
                List.of(LimitSamples.action(tool, impacts, resources)),
                resources.stream()
                        .collect(Collectors.toMap(one -> one, one -> LimitSamples.place(one, Set.of("staging")))),
                impacts.contains(Impact.DESTROY) ? resources : Set.of());
    }

    @Test
    void aTotalDestructionBesideAPartialOneFreezes() {
        ResolvedAttempt part = losing(new Fact(Fact.DESTROYS, "only a part", Provenance.SEALED));
        List<Action> both = Stream.concat(part.actions().stream(), DELETION.actions().stream())
                .toList();
        granted(LimitSamples.sensed(
                DELETION.lease(), both, DELETION.placements(), DELETION.radius().lost()));
        assertThat(limits.freezes().active()).hasSize(1);
    }

    private static ResolvedAttempt losing(Fact said) {
        Action all = DELETION.actions().getFirst();
        Action part = new Action(all.operation(), all.impacts(), all.reversibility(), all.resources(), List.of(said));
        return LimitSamples.sensed(
                DELETION.lease(),
                List.of(part),
                DELETION.placements(),
                DELETION.radius().lost());
    }

    @Test
    void aFreezeIsStoredBeforeSendingAndRemovedIfNothingHappened() {
        limits.undoRelease(granted(DELETION));
        granted(write("a"));
        limits.liftAfterFailure(granted(DELETION));
        granted(write("a"));
        assertThat(limits.freezes().active()).isEmpty();
        stop();
        start();
        granted(write("a"));
    }

    @Test
    void withoutTheStoreNothingIsDestroyed() {
        database.close();
        assertThat(limits.release(seal, DELETION, GROUNDS, "R-1")).isInstanceOf(ReleaseResult.RefusedRelease.class);
        assertThat(limits.freezes().active()).isEmpty();
        granted(write("a"));
    }

    @Test
    void aFreezeThatCannotBeRemovedStays() {
        ReleaseResult.GrantedRelease granted = granted(DELETION);
        database.close();
        limits.liftAfterFailure(granted);
        assertThat(limits.freezes().active()).hasSize(1);
    }

    @Test
    void anOwnerLiftsItOnceAndForAll() {
        granted(DELETION);
        SignedOrders.OrderResult<Freeze> lifting = lifting(world.ann);
        assertThat(lifting).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
        assertThat(limits.freezes().lift((SignedOrders.OrderResult.SignedOrder<Freeze>) lifting))
                .isTrue();
        assertThat(limits.freezes().lift((SignedOrders.OrderResult.SignedOrder<Freeze>) lifting))
                .isFalse();
        granted(write("a"));
        stop();
        start();
        granted(write("a"));
    }

    @Test
    void aFailingStoreKeepsTheFreeze() {
        granted(DELETION);
        SignedOrders.OrderResult.SignedOrder<Freeze> lifting =
                (SignedOrders.OrderResult.SignedOrder<Freeze>) lifting(world.ann);
        database.close();
        assertThatThrownBy(() -> limits.freezes().lift(lifting)).isInstanceOf(StoreUnavailableException.class);
        assertThat(limits.freezes().active()).hasSize(1);
    }

    @Test
    void unauthorisedPeopleCannotLiftAFreeze() {
        granted(DELETION);
        assertThat(denial(world.jerSoftware)).contains("sign with a passkey", "sudo interlock key invite jer");
        assertThat(lifting(world.jer)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
        assertThat(lifting(world.cat)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
        assertThat(denial(TestingKey.hardware())).contains("not a key of any known person");
        signatures.killed.add("ann");
        assertThat(denial(world.ann)).contains("is stopped by a kill");
    }

    @Test
    void onlyAnOwnerLiftsAFreeze() {
        granted(DELETION);
        Seal demoted = seal.with(parts -> parts.people = Map.of(
                "ann",
                new Seal.Person(
                        "ann", Set.of("platform"), seal.people().get("ann").keys(), Optional.empty())));
        byte[] statement = limits.freezes().prepare(demoted, only().id()).orElseThrow();
        SignedOrders.OrderResult<Freeze> lifting =
                limits.freezes().lifting(demoted, statement, world.ann.sign(Freezes.NAMESPACE, statement));
        assertThat(lifting).isEqualTo(new SignedOrders.OrderResult.DeniedOrder<>("`ann` is not in `owners`."));
    }

    @Test
    void aStatementIsForThisFreezeThisSealAndTenMinutes() {
        granted(DELETION);
        byte[] statement = limits.freezes().prepare(seal, only().id()).orElseThrow();
        String signature = world.ann.sign(Freezes.NAMESPACE, statement);
        String otherNamespace = world.ann.sign("interlock-kill@v1", statement);
        assertThat(limits.freezes().lifting(seal, statement, otherNamespace))
                .isInstanceOf(SignedOrders.OrderResult.DeniedOrder.class);
        byte[] changed = new String(statement, StandardCharsets.UTF_8)
                .replace("volume/a", "volume/b")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(limits.freezes().lifting(seal, changed, world.ann.sign(Freezes.NAMESPACE, changed)))
                .isInstanceOf(SignedOrders.OrderResult.DeniedOrder.class);
        clock.pass(Duration.ofMinutes(10));
        assertThat(limits.freezes().lifting(seal, statement, signature))
                .isInstanceOf(SignedOrders.OrderResult.DeniedOrder.class);
    }

    @Test
    void aFreezeHoldsAtEveryGatewayUntilItIsLiftedAtAny() {
        LimitEnforcer other = new LimitEnforcer(
                new SqliteLimitStore(database), clock, clock::nanos, signatures.orders(clock), new Random(2));
        granted(DELETION);
        Freeze freeze = only();
        ResolvedAttempt write = write("a");
        assertThat(other.limited(seal, write, new Verdict.Permit(GROUNDS))).isInstanceOf(Verdict.Permit.class);
        other.freezes().changed(LimitStore.FREEZE, Set.of(freeze.id()));
        assertThat(other.limited(seal, write, new Verdict.Permit(GROUNDS))).isInstanceOf(Verdict.Refuse.class);
        other.freezes().liftUnexecuted(freeze, "it did not happen");
        limits.freezes().changed(LimitStore.FREEZE, Set.of(freeze.id()));
        assertThat(limits.freezes().active()).isEmpty();
        other.freezes().changed(LimitStore.FREEZE, Set.of(freeze.id()));
        assertThat(other.freezes().active()).isEmpty();
    }

    /** It counts from before the transaction that stores it, which another gateway's change may overtake. */
    @Test
    void aFreezeThatIsNotStoredYetStays() {
        Freeze coming = limits.freezes().freezeFor(DELETION, "R-1").orElseThrow();
        new SqliteLimitStore(database).write(rows -> {
            limits.freezes().add(rows, coming);
            Thread reading = Thread.ofPlatform().start(limits.freezes()::reload);
            try {
                reading.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            assertThat(limits.freezes().active()).containsExactly(coming);
            return true;
        });
        limits.freezes().reload();
        assertThat(limits.freezes().active()).containsExactly(coming);
    }
}
