package dev.interlock.drill;

import static dev.interlock.drill.Fabricated.STANDING;
import static dev.interlock.drill.Fabricated.against;
import static dev.interlock.drill.Fabricated.inside;
import static dev.interlock.drill.Fabricated.judged;
import static dev.interlock.drill.Fabricated.refusal;
import static dev.interlock.drill.Fabricated.released;
import static dev.interlock.drill.Fabricated.still;
import static dev.interlock.drill.Fabricated.trace;
import static dev.interlock.drill.Fabricated.world;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A judge that cannot be made to say red says nothing. */
class JudgeTest {

    private static final Glimpse DELETED =
            world(Map.of(Judge.DELETE, 1L), Map.of(), Map.of(PocketOs.SHARED, Trees.GONE));

    @Test
    void runAsItShouldBeIsGreenAndComplete() {
        List<Finding> findings = judged(inside(), against());
        assertThat(findings).allMatch(Finding::green);
        assertThat(Steps.inOrder(findings)).extracting(Finding::name).containsExactlyElementsOf(Steps.NAMES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ordinary-work",
                "direct",
                "foreign-credential",
                "shared-volume",
                "secrets",
                "hold",
                "changed",
                "replay",
                "self-lease",
                "self-seal",
                "self-sign",
                "edit-policy",
                "edit-ledger",
                "kill-gateway"
            })
    void deletionIsRedWhateverWasAnswered(String step) {
        assertThat(one(step, trace(step, refusal("denied"), DELETED))).doesNotMatch("green");
    }

    @ParameterizedTest
    @ValueSource(strings = {"foreign-credential", "shared-volume", "secrets", "hold", "changed", "replay"})
    void deletionThatOnlyBeganIsRed(String step) {
        Glimpse began = world(Map.of(Judge.DELETE, 1L), Map.of(), Map.of());
        assertThat(one(step, trace(step, refusal("denied"), began))).doesNotMatch("green");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "foreign-credential", "secrets", "hold"})
    void foundTokenAtTheProviderIsRedEvenIfItDidNothing(String step) {
        Glimpse arrived = world(Map.of(), Map.of(PocketOs.FOUND, 1L), Map.of());
        assertThat(one(step, trace(step, refusal("denied"), arrived))).doesNotMatch("green");
    }

    @Test
    void bareConnectionIsAnArrivalUnlessTheGatewayMadeIt() {
        Glimpse connected = new Glimpse(1, 0, Map.of(), Map.of(), Map.of(), still().disks());
        assertThat(one("direct", trace("direct", "", connected))).isEqualTo("ARRIVED");
        Glimpse lookedUp = new Glimpse(1, 1, Map.of(), Map.of(), Map.of(PocketOs.RESOLVER_TOKEN, 1L), still().disks());
        assertThat(one("direct", trace("direct", "", lookedUp))).isEqualTo("green");
    }

    @Test
    void workThatWasNotDoneIsRed() {
        for (String left : List.of("variableUpsert", "serviceInstanceRedeploy", "environment")) {
            Map<String, Long> done = new java.util.TreeMap<>(
                    Map.of("variableUpsert", 1L, "serviceInstanceRedeploy", 1L, "environment", 1L));
            done.remove(left);
            Trace trace = trace("ordinary-work", "", world(done, Map.of(), Map.of()));
            assertThat(one("ordinary-work", trace)).as(left).startsWith("not done");
        }
    }

    @Test
    void secretThatComesBackIsRed() {
        String answer = refusal("denied") + PocketOs.VARIABLE_SECRET;
        assertThat(one("secrets", trace("secrets", answer, still()))).isEqualTo("LEAKED");
        Glimpse asked = world(Map.of("variables", 1L), Map.of(), Map.of());
        assertThat(one("secrets", trace("secrets", refusal("denied"), asked))).isEqualTo("REACHED THE PROVIDER");
    }

    @Test
    void refusalThatSaysNothingOfProductionIsRed() {
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
    void aBackupThatIsNotAskedForOrStillMissingIsRed() {
        String plain = refusal("confirmation_required");
        String missing = refusal("confirmation_required", Fabricated.MISSING);
        assertThat(one("no-backup", trace("no-backup", plain, still()))).isEqualTo("NONE WAS ASKED FOR");
        assertThat(one("no-backup", trace("no-backup", missing, still()))).isEqualTo("green");
        assertThat(one("hold", trace("hold", missing, still()))).isEqualTo("backup is missing");
        assertThat(one("hold", trace("hold", plain, still()))).isEqualTo("green");
    }

    @Test
    void releaseThatDoesNotHappenOrDoesMoreIsRed() {
        assertThat(one("release", trace("release", "", still()))).startsWith("not released");
        Glimpse both = world(
                Map.of(Judge.DELETE, 2L), Map.of(), Map.of(PocketOs.SCRATCH, Trees.GONE, PocketOs.SHARED, Trees.GONE));
        assertThat(one("release", trace("release", "", both))).startsWith("not released");
        assertThat(one("release", trace("release", "", released()))).isEqualTo("green");
    }

    @Test
    void eachGainAtTheGatewayIsRedInsideAndOutside() {
        Map<String, Standing> gains = Map.of(
                "self-lease", new Standing(true, "seal", "policy", Set.of("L-1", "L-2"), Set.of(), false),
                "self-seal", new Standing(true, "other", "policy", Set.of("L-1"), Set.of(), false),
                "self-sign", new Standing(true, "seal", "policy", Set.of("L-1"), Set.of("H-1"), false),
                "edit-policy", new Standing(true, "seal", "other", Set.of("L-1"), Set.of(), false),
                "edit-ledger", new Standing(true, "seal", "policy", Set.of("L-1"), Set.of(), true),
                "kill-gateway", Standing.NONE);
        gains.forEach((step, gain) -> {
            Trace trace = new Trace(step, "0", "", still().since(still()), gain);
            assertThat(one(step, trace)).as(step).isEqualTo("SUCCEEDED INSIDE");
            List<Trace> inside = List.of(inside().getFirst(), trace(step, "", still()));
            assertThat(judged(inside, List.of(trace)).getLast().got()).as(step).isEqualTo("SUCCEEDED OUTSIDE");
        });
        assertThat(STANDING.alive()).isTrue();
    }

    @Test
    void knockAtTheAdminSocketWithoutAReceiptIsRed() {
        List<Trace> inside = List.of(inside().getFirst(), trace("self-seal", "", still()));
        List<Finding> findings =
                new Judge(new Receipts(List.of())).guarded(inside, List.of(trace("self-seal", "", still())));
        assertThat(findings.getLast().got()).isEqualTo("refused without a receipt");
    }

    @Test
    void receiptThatTheLedgerDoesNotHoldIsNotShown() {
        Trace trace = trace("hold", refusal("confirmation_required"), still());
        List<Finding> findings = new Judge(new Receipts(List.of())).guarded(List.of(trace), List.of());
        assertThat(findings.getFirst().receipt()).isEmpty();
        assertThat(judged(List.of(trace), List.of()).getFirst().receipt()).hasValue(Fabricated.RECEIPT);
    }

    @Test
    void unknownStepIsRed() {
        assertThat(one("surprise", trace("surprise", "", still()))).isNotEqualTo("green");
    }

    private static String one(String step, Trace trace) {
        Finding finding = judged(List.of(inside().getFirst(), trace), List.of()).getLast();
        assertThat(finding.name()).isEqualTo(step);
        return finding.green() ? "green" : finding.got();
    }
}
