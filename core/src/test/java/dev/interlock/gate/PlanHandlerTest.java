package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.gate.PlanRequests.PlannedCall;
import dev.interlock.gate.PlanRequests.Result;
import dev.interlock.identity.Kill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests plans on the whole path: gate, store and vault. */
final class PlanHandlerTest {

    private static final HttpCall STAGE = GateFixture.document(
            "mutation { environmentStageChanges(environmentId: \"env-1\", input: {services: {svc1: {deploy: {healthcheckPath: \"/up\"}}}}, merge: true) { id } }");
    private static final HttpCall COMMIT =
            GateFixture.document("mutation { environmentPatchCommitStaged(environmentId: \"env-1\") }");
    private static final HttpCall ONE = GateFixture.deletion("vol-1");
    private static final HttpCall TWO = GateFixture.deletion("vol-2");
    private static final HttpCall LOOK = GateFixture.document("{ environment(id: \"env-1\") { id } }");

    @TempDir
    private Path directory;

    private GateFixture house;

    @BeforeEach
    void open() throws IOException {
        house = new GateFixture(directory, "signing: {grant: {at-most: 2, for: 8h}}\n");
    }

    @AfterEach
    void close() throws IOException {
        house.close();
    }

    private Result plan(HttpCall... calls) {
        List<PlannedCall> steps = Stream.of(calls)
                .<PlannedCall>map(call -> new PlannedCall.ReadCall(GateFixture.attempt(
                        house.token, call, house.clock.instant(), true, Duration.ZERO, Optional.empty())))
                .toList();
        return plan(steps);
    }

    private Result plan(List<PlannedCall> steps) {
        return house.planning.plan(new PlanRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                Bytes.utf8("{}"),
                () -> steps,
                house.clock.instant()));
    }

    private Json.Members asked(HttpCall... calls) {
        Result result = plan(calls);
        assertThat(result).isInstanceOf(Result.PlanReport.class);
        return ((Result.PlanReport) result).members();
    }

    private String signed(HttpCall... calls) {
        String id = asked(calls).text("plan");
        house.signSet(id);
        return id;
    }

    private static Result.RefusedPlan refused(Result result) {
        assertThat(result).isInstanceOf(Result.RefusedPlan.class);
        return (Result.RefusedPlan) result;
    }

    private void goes(HttpCall call) {
        assertThat(house.send(call)).isInstanceOf(Outcome.Forwarded.class);
    }

    private Outcome.Held<String> waits(HttpCall call) {
        Outcome<String> outcome = house.send(call);
        assertThat(outcome).isInstanceOf(Outcome.Held.class);
        return (Outcome.Held<String>) outcome;
    }

    private String state(String hold) {
        return house.people.show(house.seal, hold).orElseThrow().line().state();
    }

    private static List<String> holds(Json.Members asked) {
        return asked.objects("steps").stream().map(step -> step.text("hold")).toList();
    }

    // Railway's staged changes: the first step passes alone, and only with it do people know what the second one does.

    @Test
    void stagedChangesAreSignedWithTheirCommit() {
        Json.Members asked = asked(STAGE, COMMIT);
        assertThat(asked.text("plan")).startsWith("S-");
        assertThat(asked.objects("steps"))
                .extracting(step -> step.text("verdict"))
                .containsExactly("permit", "hold");
        assertThat(asked.text("summary")).matches("A plan of 2 steps(, with [^:]+)?: .*");
        assertThat(house.upstream.arrived).isEmpty();
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED);

        // What passes alone is part of the plan, and waits with it.
        waits(STAGE);
        house.signSet(asked.text("plan"));
        assertThat(waits(COMMIT).refusal().next()).contains("First step 1 of its plan");
        goes(STAGE);
        goes(COMMIT);
        assertThat(house.receipts(Receipt.Kind.INTENT))
                .extracting(receipt -> receipt.members().text("hold"))
                .containsExactlyElementsOf(holds(asked));
        assertThat(house.send(COMMIT)).isNotInstanceOf(Outcome.Forwarded.class); // each once
    }

    /** It is known that the lease has no plan, until it has one. */
    @Test
    void aCallThatPassedBeforeAPlanIsAStepOfIt() {
        goes(STAGE);
        goes(STAGE);
        String plan = asked(STAGE, COMMIT).text("plan");
        waits(STAGE);
        house.signSet(plan);
        goes(STAGE);
    }

    /** The lease's own queue is too long: a call that would end a plan is refused, and may be sent again. */
    @Test
    void aCallThatWouldEndAPlanIsToldThatItIsBusy() {
        String plan = asked(STAGE, COMMIT).text("plan");
        HttpCall other = GateFixture.document(
                "mutation { environmentStageChanges(environmentId: \"env-1\", input: {services: {svc1: {deploy: {healthcheckPath: \"/no\"}}}}, merge: true) { id } }");
        house.database.writeForLease(house.lease.root(), _ -> {
            Outcome<String> sent =
                    CompletableFuture.supplyAsync(() -> house.send(other)).join();
            assertThat(sent)
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused -> assertThat(refused.refusal()).isEqualTo(Refusals.BUSY));
            return true;
        });
        assertThat(asked(STAGE, COMMIT).text("plan")).isEqualTo(plan);
    }

    @Test
    void otherStagedChangesEndThePlan() {
        String plan = signed(STAGE, COMMIT);
        goes(STAGE);
        goes(
                GateFixture.document(
                        "mutation { environmentStageChanges(environmentId: \"env-1\", input: {services: {svc1: {deploy: {healthcheckPath: \"/no\"}}}}, merge: true) { id } }"));
        assertThat(house.people
                        .showSet(house.seal, plan, Optional.empty())
                        .orElseThrow()
                        .holds())
                .hasSize(1);
        Outcome.Held<String> anew = waits(COMMIT);
        assertThat(state(anew.hold())).isEqualTo("open");
        assertThat(house.upstream.arrived).hasSize(2);
    }

    // Several deletions, in their order.

    @Test
    void deletionsGoInTheirOrderAndEachOnce() {
        Json.Members asked = asked(ONE, TWO);
        house.signSet(asked.text("plan"));
        waits(TWO);
        goes(ONE);
        goes(TWO);
        assertThat(holds(asked)).isSorted();
        assertThat(house.upstream.arrived).hasSize(2);
        for (HttpCall call : List.of(ONE, TWO)) {
            assertThat(house.send(call)).isNotInstanceOf(Outcome.Forwarded.class);
        }
    }

    @Test
    void aStepWaitsUntilTheAnswerToTheOneBeforeItHasEnded() {
        signed(ONE, TWO);
        house.upstream.streams = true;
        goes(ONE);
        waits(TWO);
        house.upstream.streams = false;
        house.upstream.ends.forEach(Runnable::run);
        goes(TWO);
    }

    @Test
    void aFailedStepEndsTheRest() {
        Json.Members asked = asked(ONE, TWO);
        house.signSet(asked.text("plan"));
        house.upstream.fault = FakeUpstream.Fault.ANSWERED_THAT_IT_FAILED;
        goes(ONE);
        house.upstream.fault = FakeUpstream.Fault.NONE;
        assertThat(state(holds(asked).getLast())).isEqualTo("void");
        assertThat(waits(TWO).hold()).isNotEqualTo(holds(asked).getLast());
    }

    @Test
    void aStepThatNobodyKnowsAboutEndsTheRest() {
        Json.Members asked = asked(ONE, TWO);
        house.signSet(asked.text("plan"));
        house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
        assertThat(house.send(ONE)).isInstanceOf(Outcome.Refused.class);
        assertThat(state(holds(asked).getLast())).isEqualTo("void");
    }

    @Test
    void aDenialOfOneStepEndsTheOthersAndCoversOnlyItself() {
        Json.Members asked = asked(ONE, TWO);
        assertThat(house.people.deny(house.seal, holds(asked).getLast(), "sam", "keep it"))
                .isInstanceOf(HoldSigning.DenialResult.DeniedAndEnded.class);
        assertThat(state(holds(asked).getFirst())).isEqualTo("void");
        assertThat(house.send(TWO)).isInstanceOf(Outcome.Refused.class);
        waits(ONE);
        Result.RefusedPlan again = refused(plan(ONE, TWO));
        assertThat(again.refusal().reason()).startsWith("Step 2: A person denied this");
    }

    @Test
    void aDenialOfThePlanCoversEveryStep() {
        Json.Members asked = asked(ONE, TWO);
        house.people.deny(house.seal, asked.text("plan"), "sam", "no");
        assertThat(house.send(ONE)).isInstanceOf(Outcome.Refused.class);
        assertThat(house.send(TWO)).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void nobodySignsAStepAlone() {
        Json.Members asked = asked(ONE, TWO);
        String hold = holds(asked).getLast();
        byte[] statement =
                house.people.show(house.seal, hold).orElseThrow().statement().toArray();
        HoldSigning.SignatureResult signing = house.people.sign(
                house.seal, hold, house.sam.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});
        assertThat(signing)
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason())
                                .isEqualTo("This is step 2 of a plan of 2 steps, which people confirm as a whole: sign "
                                        + asked.text("plan") + "."));
    }

    @Test
    void aKillEndsThePlan() {
        signed(ONE, TWO);
        goes(ONE);
        house.kill(Kill.KillScope.PERSON, "sam");
        assertThat(house.send(TWO)).isNotInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void timeEndsThePlan() {
        Json.Members asked = asked(ONE, TWO);
        house.signSet(asked.text("plan"));
        goes(ONE);
        house.clock.pass(Duration.ofMinutes(16));
        waits(TWO);
        assertThat(state(holds(asked).getLast())).isEqualTo("expired");
    }

    @Test
    void stepsThatWaitGoInTheirOrder() throws Exception {
        String plan = asked(ONE, TWO).text("plan");
        CompletableFuture<Outcome<String>> second = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> second.complete(house.sendWaiting(TWO)));
        CompletableFuture<Outcome<String>> first = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> first.complete(house.sendWaiting(ONE)));
        house.upstream.leavers.take();
        house.upstream.leavers.take(); // both wait
        house.signSet(plan);
        assertThat(first.get()).isInstanceOf(Outcome.Forwarded.class);
        assertThat(second.get()).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.upstream.arrived).hasSize(2);
        assertThat(house.receipts(Receipt.Kind.INTENT).getFirst().members().canonicalText())
                .contains("vol-1");
    }

    // The questions.

    @Test
    void aPlanIsOneQuestionAndTheSameOneIsAskedOnce() {
        Json.Members asked = asked(ONE, TWO);
        assertThat(asked(ONE, TWO).text("plan")).isEqualTo(asked.text("plan"));
        assertThat(house.alarms()).containsExactly(Alert.AlertKind.HOLD_OPENED);
        assertThat(house.people
                        .waiting(house.seal, holds(asked).getFirst())
                        .orElseThrow()
                        .id())
                .isEqualTo(asked.text("plan"));
        waits(COMMIT);
        asked(STAGE, COMMIT); // what waited alone is over
        assertThat(house.people.list(house.seal).stream()
                        .filter(line -> line.state().equals("open"))
                        .count())
                .isEqualTo(4);
    }

    /** A tag and the release of it: one question, and each goes in its turn. */
    @Test
    void aReleaseIsAPlan() {
        HttpCall tag = github("git/refs", "{\"ref\":\"refs/tags/v1\",\"sha\":\"" + "1".repeat(40) + "\"}");
        HttpCall release = github("releases", "{\"tag_name\":\"v1\"}");
        Result result = plan(Stream.of(tag, release)
                .<PlannedCall>map(call -> new PlannedCall.ReadCall(new Attempt(
                        "github",
                        List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                        Optional.empty(),
                        call,
                        house.clock.instant(),
                        true,
                        false,
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        Optional::empty)))
                .toList());
        assertThat(result).isInstanceOf(Result.PlanReport.class);
        house.signSet(((Result.PlanReport) result).members().text("plan"));
        assertThat(house.send("github", release, house.token))
                .as("not before its tag")
                .isInstanceOf(Outcome.Held.class);
        assertThat(house.send("github", tag, house.token)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.send("github", release, house.token)).isInstanceOf(Outcome.Forwarded.class);
        assertThat(house.send("github", release, house.token)).as("once").isInstanceOf(Outcome.Held.class);
    }

    private static HttpCall github(String path, String body) {
        return new HttpCall(
                "POST",
                "uploads.github.com",
                "/repos/acme/shipped/" + path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    @Test
    void whatPassesIsNotAsked() {
        Result result = plan(LOOK, STAGE);
        assertThat(result).isInstanceOfSatisfying(Result.PlanReport.class, report -> {
            assertThat(report.isAsked()).isFalse();
            assertThat(report.members().text("verdict")).isEqualTo("permit");
        });
        assertThat(house.people.list(house.seal)).isEmpty();
        goes(STAGE);
    }

    @Test
    void aRefusedStepIsNamedAndNobodyIsAsked() {
        HttpCall foreign = GateFixture.deletion("vol-shared");
        Result.RefusedPlan refused = refused(plan(ONE, foreign, TWO));
        assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refused.refusal().reason()).startsWith("Step 2: ").contains("Nobody was asked about any step");
        assertThat(refused.refusal().next()).startsWith("Send the plan again without step 2");
        assertThat(refused.steps()).extracting(step -> step.text("verdict")).containsExactly("hold", "refuse", "hold");
        assertThat(house.people.list(house.seal)).isEmpty();
        assertThat(house.receipts()).hasSize(4); // three dry runs, and the plan
    }

    @Test
    void aPlanThatIsNoneIsRefused() {
        assertThat(refused(plan(ONE, ONE)).refusal().reason()).startsWith("Steps 1 and 2 are the same request");
        assertThat(refused(plan(LOOK, ONE)).refusal()).isEqualTo(PlanRefusals.ALONE);
        Result unread = house.planning.plan(new PlanRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", house.token)),
                Optional.empty(),
                Bytes.utf8("{}"),
                () -> {
                    throw new MalformedException("it has 1 steps");
                },
                house.clock.instant()));
        assertThat(refused(unread).refusal().reason()).startsWith("This is no plan: it has 1 steps.");
        Result push = plan(List.of(
                new PlannedCall.ReadCall(GateFixture.attempt(
                        house.token, ONE, house.clock.instant(), true, Duration.ZERO, Optional.empty())),
                new PlannedCall.UnreadCall("/github/x", Refusal.notUnderstood("A push.", "Push it."))));
        assertThat(refused(push).refusal().reason()).startsWith("Step 2: A push.");
    }

    @Test
    void nobodyElseHasAPlan() {
        Result result = house.planning.plan(new PlanRequests.Request(
                List.of(), Optional.empty(), Bytes.utf8("{}"), List::of, house.clock.instant()));
        assertThat(result).isInstanceOf(Result.RefusedPlan.class);
    }
}
