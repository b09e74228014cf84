package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the receipts of refusals: single ones, shortened ones, and counts of many. */
final class ReceiptMembersTest {

    private static String shortened(String reason) {
        return ReceiptMembers.shortened(Json.object()
                        .with("actions", new Json.Array(List.of()))
                        .with("radius", Json.object())
                        .with("reason", reason))
                .text("reason");
    }

    @Test
    void aLongReasonIsCutAtAWholeCharacter() {
        String smiles = "\uD83D\uDE00".repeat(600);
        assertThat(shortened(smiles)).isEqualTo(smiles.substring(0, 1_000));
        assertThat(shortened("x" + smiles)).isEqualTo("x" + smiles.substring(0, 998));
    }

    @Test
    void aShortReasonIsUnchanged() {
        assertThat(shortened("No policy permits it.")).isEqualTo("No policy permits it.");
        assertThat(shortened("")).isEmpty();
    }

    private static Json.Members refused(String impact, String... environments) {
        Json.Members resource = Json.object().withTexts("environments", List.of(environments));
        Json.Members action = Json.object()
                .withTexts("impacts", List.of(impact))
                .with("resources", new Json.Array(List.of(resource)));
        return Json.object()
                .with("actions", new Json.Array(List.of(action)))
                .with("refusal", "denied")
                .with("lease", "L-1")
                .with("agent", "sam/bot");
    }

    @Test
    void refusedDestructionsAreAKindOfTheirOwn() {
        assertThat(ReceiptMembers.kind(refused("destroy", "staging"))).isEqualTo("denied to destroy");
        assertThat(ReceiptMembers.kind(refused("write", "staging"))).isEqualTo("denied");
    }

    @Test
    void countedRefusalsKeepImpactsAndEnvironments() {
        Json.Members refused = refused("destroy", "staging", "production");
        assertThat(ReceiptMembers.scopeText(refused)).isEqualTo("destroy in production+staging");
        assertThat(ReceiptMembers.counted(refused))
                .isEqualTo(Json.object()
                        .withTexts("impacts", List.of("destroy"))
                        .withTexts("environments", List.of("production", "staging"))
                        .with("refusal", "denied")
                        .with("lease", "L-1")
                        .with("agent", "sam/bot"));
    }

    @Test
    void mergedRefusalsKeepTheirCommonMembers() {
        Json.Members one = ReceiptMembers.counted(refused("destroy", "staging"));
        Json.Members child = ReceiptMembers.counted(
                refused("write", "production").with("lease", "L-2").with("root", "L-1"));
        assertThat(ReceiptMembers.common(one, child))
                .as("a child is its root's")
                .isEqualTo(Json.object()
                        .withTexts("impacts", List.of("destroy", "write"))
                        .withTexts("environments", List.of("production", "staging"))
                        .with("refusal", "denied")
                        .with("agent", "sam/bot")
                        .with("root", "L-1"));
        Json.Members another = ReceiptMembers.counted(
                refused("write", "production").with("lease", "L-3").with("agent", "ann/bot"));
        assertThat(ReceiptMembers.common(one, another))
                .isEqualTo(Json.object()
                        .withTexts("impacts", List.of("destroy", "write"))
                        .withTexts("environments", List.of("production", "staging"))
                        .with("refusal", "denied"));
    }
}
