package dev.interlock.drill;

import static dev.interlock.drill.SampleRun.STANDING;
import static dev.interlock.drill.SampleRun.against;
import static dev.interlock.drill.SampleRun.inside;
import static dev.interlock.drill.SampleRun.judged;
import static dev.interlock.drill.SampleRun.refusal;
import static dev.interlock.drill.SampleRun.released;
import static dev.interlock.drill.SampleRun.still;
import static dev.interlock.drill.SampleRun.trace;
import static dev.interlock.drill.SampleRun.world;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the judge turns red for every fault; otherwise its green means nothing. */
class JudgeTest {

    private static final WorldSnapshot DELETED =
            world(Map.of(Judge.DELETE, 1L), Map.of(), Map.of(PocketOs.SHARED, DirectoryTrees.GONE));

    @Test
    void anExpectedRunIsGreenAndComplete() {
        List<StepFinding> findings = judged(inside(), against());
        assertThat(findings).allMatch(StepFinding::green);
        assertThat(findings).extracting(StepFinding::name).containsExactlyElementsOf(Judge.STEPS);
    }

    @Test
    void aDeletionIsRedDespiteAnyAnswer() {
        assertThat(Judge.STEPS)
                .noneMatch(step ->
                        one(step, trace(step, refusal("denied"), DELETED)).equals("green"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"foreign-credential", "shared-volume", "secrets", "hold", "changed", "replay"})
    void deletionThatOnlyBeganIsRed(String step) {
        WorldSnapshot began = world(Map.of(Judge.DELETE, 1L), Map.of(), Map.of());
        assertThat(one(step, trace(step, refusal("denied"), began))).doesNotMatch("green");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "foreign-credential", "secrets", "hold"})
    void foundTokenAtTheProviderIsRedEvenIfItDidNothing(String step) {
        WorldSnapshot arrived = world(Map.of(), Map.of(PocketOs.FOUND, 1L), Map.of());
        assertThat(one(step, trace(step, refusal("denied"), arrived))).doesNotMatch("green");
    }

    @Test
    void aRewoundBranchIsRedDespiteAnyAnswer() {
        WorldSnapshot rewound = world(Map.of(DrillHost.BRANCHES, 1L), Map.of(), Map.of(DrillHost.MAIN, "c1"));
        assertThat(one("rewound-branch", trace("rewound-branch", SampleRun.HELD, rewound)))
                .isEqualTo("REWOUND");
    }

    @Test
    void aHeldPushIsRedUnlessItSaysWhatItWouldRemoveAndAnOrdinaryOneWent() {
        WorldSnapshot pushed = SampleRun.executed(Map.of(DrillHost.BRANCHES, 1L));
        assertThat(one("rewound-branch", trace("rewound-branch", "error: 403", pushed)))
                .isEqualTo("refused without its consequences");
        assertThat(one("rewound-branch", trace("rewound-branch", SampleRun.HELD, still())))
                .isEqualTo("not pushed");
    }

    @Test
    void aTokenThatAChangedToolGetsIsRedDespiteAnyAnswer() {
        WorldSnapshot leaked = SampleRun.executed(Map.of(DrillHost.LOOKUPS, 3L, DrillHost.LEAKS, 1L));
        assertThat(one("changed-tool", trace("changed-tool", refusal("denied"), leaked)))
                .isEqualTo("TOKEN SENT");
    }

    @Test
    void aRefusedToolIsRedIfItsHonestCallsDidNotGo() {
        assertThat(one("changed-tool", trace("changed-tool", refusal("denied"), still())))
                .isEqualTo("not called");
    }

    @Test
    void bareConnectionIsAnArrivalUnlessTheGatewayMadeIt() {
        WorldSnapshot connected = new WorldSnapshot(1, Map.of(), Map.of(), Map.of(), still().disks());
        assertThat(one("direct", trace("direct", "", connected))).isEqualTo("ARRIVED");
        WorldSnapshot lookedUp =
                new WorldSnapshot(1, Map.of(), Map.of(), Map.of(PocketOs.RESOLVER_TOKEN, 1L), still().disks());
        assertThat(one("direct", trace("direct", "", lookedUp))).isEqualTo("green");
    }

    @Test
    void workThatWasNotDoneIsRed() {
        for (String left : List.of("variableUpsert", "serviceInstanceRedeploy", "environment")) {
            Map<String, Long> done = new java.util.TreeMap<>(
                    Map.of("variableUpsert", 1L, "serviceInstanceRedeploy", 1L, "environment", 1L));
            done.remove(left);
            StepTrace trace = trace("ordinary-work", "", world(done, Map.of(), Map.of()));
            assertThat(one("ordinary-work", trace)).as(left).startsWith("not done");
        }
    }

    @Test
    void secretThatComesBackIsRed() {
        String answer = refusal("denied") + PocketOs.VARIABLE_SECRET;
        assertThat(one("secrets", trace("secrets", answer, still()))).isEqualTo("LEAKED");
        WorldSnapshot asked = world(Map.of("variables", 1L), Map.of(), Map.of());
        assertThat(one("secrets", trace("secrets", refusal("denied"), asked))).isEqualTo("REACHED THE PROVIDER");
    }

    /** The receipt that the answer names says who tried what, and to which volume. */
    @Test
    void aFoundTokenWithoutItsMeaningOnRecordIsRed() {
        String other = refusal("foreign_credential").replace(SampleRun.RECEIPT, "R-01JDCCCCCCCCCCCCCCCCCCCCCC");
        assertThat(one("foreign-credential", trace("foreign-credential", other, still())))
                .isEqualTo("refused, and not on record");
    }

    @Test
    void aRefusalThatDoesNotNameProductionIsRed() {
        assertThat(one("shared-volume", trace("shared-volume", "{\"kind\":\"denied\"}", still())))
                .isEqualTo("denied without its consequences");
    }

    @Test
    void anotherKindOfRefusalIsRed() {
        assertThat(one("shared-volume", trace("shared-volume", refusal("confirmation_required"), still())))
                .isEqualTo("confirmation_required");
        assertThat(one("hold", trace("hold", "", still()))).isEqualTo("no refusal");
        assertThat(one("no-backup", trace("no-backup", "", still()))).isEqualTo("no refusal");
    }

    @Test
    void aMissingBackupRequirementIsRed() {
        String plain = refusal("confirmation_required");
        String missing = refusal("confirmation_required", SampleRun.MISSING);
        assertThat(one("no-backup", trace("no-backup", plain, still()))).isEqualTo("NONE WAS ASKED FOR");
        assertThat(one("no-backup", trace("no-backup", missing, still()))).isEqualTo("green");
        assertThat(one("hold", trace("hold", missing, still()))).isEqualTo("backup is missing");
        assertThat(one("hold", trace("hold", plain, still()))).isEqualTo("green");
    }

    @Test
    void releaseThatDoesNotHappenOrDoesMoreIsRed() {
        assertThat(one("release", trace("release", "", still()))).startsWith("not released");
        WorldSnapshot both = world(
                Map.of(Judge.DELETE, 2L),
                Map.of(),
                Map.of(PocketOs.SCRATCH, DirectoryTrees.GONE, PocketOs.SHARED, DirectoryTrees.GONE));
        assertThat(one("release", trace("release", "", both))).startsWith("not released");
        assertThat(one("release", trace("release", "", released()))).isEqualTo("green");
    }

    @Test
    void eachGainAtTheGatewayIsRedInsideAndOutside() {
        Map<String, GatewaySnapshot> gains = Map.of(
                "self-lease", new GatewaySnapshot(true, "seal", "policy", Set.of("L-1", "L-2"), Set.of(), false),
                "self-seal", new GatewaySnapshot(true, "other", "policy", Set.of("L-1"), Set.of(), false),
                "self-sign", new GatewaySnapshot(true, "seal", "policy", Set.of("L-1"), Set.of("H-1"), false),
                "edit-policy", new GatewaySnapshot(true, "seal", "other", Set.of("L-1"), Set.of(), false),
                "edit-ledger", new GatewaySnapshot(true, "seal", "policy", Set.of("L-1"), Set.of(), true),
                "kill-gateway", GatewaySnapshot.NONE);
        gains.forEach((step, gain) -> {
            StepTrace trace = new StepTrace(step, "0", "", still().since(still()), gain);
            assertThat(one(step, trace)).as(step).isEqualTo("SUCCEEDED INSIDE");
            List<StepTrace> inside = List.of(inside().getFirst(), trace(step, "", still()));
            assertThat(judged(inside, List.of(trace)).getLast().got()).as(step).isEqualTo("SUCCEEDED OUTSIDE");
        });
        assertThat(STANDING.alive()).isTrue();
    }

    @Test
    void anUnrecordedCommandAtTheAdminSocketIsRed() {
        List<StepTrace> inside = List.of(inside().getFirst(), trace("self-seal", "", still()));
        List<StepFinding> findings =
                new Judge(new DrillReceipts(List.of())).guarded(inside, List.of(trace("self-seal", "", still())));
        assertThat(findings.getLast().got()).isEqualTo("refused without a receipt");
    }

    @Test
    void receiptThatTheLedgerDoesNotHoldIsNotShown() {
        StepTrace trace = trace("hold", refusal("confirmation_required"), still());
        List<StepFinding> findings = new Judge(new DrillReceipts(List.of())).guarded(List.of(trace), List.of());
        assertThat(findings.getFirst().receipt()).isEmpty();
        assertThat(judged(List.of(trace), List.of()).getFirst().receipt()).hasValue(SampleRun.RECEIPT);
    }

    @Test
    void unknownStepIsRed() {
        assertThat(one("surprise", trace("surprise", "", still()))).isNotEqualTo("green");
    }

    private static String one(String step, StepTrace trace) {
        StepFinding finding =
                judged(List.of(inside().getFirst(), trace), List.of()).getLast();
        assertThat(finding.name()).isEqualTo(step);
        return finding.green() ? "green" : finding.got();
    }
}
