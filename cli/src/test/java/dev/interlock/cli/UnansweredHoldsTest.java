package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adopt.MaskedWorkspace;
import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests what the person who started a run learns at its end. */
final class UnansweredHoldsTest {

    private static HoldQuestion.Hold hold(String state) {
        return SampleAnswers.of(
                HoldQuestion.Hold.class,
                Json.object()
                        .with("id", "H-1")
                        .with("state", state)
                        .with("summary", "Delete volume vol-1.\033[2J")
                        .withTexts("missing", List.of("1 of owners must sign, and 0 did")));
    }

    @Test
    void aHoldThatEndedWithItsRunIsNamedWithWhatWasMissing() {
        List<String> lines = UnansweredHolds.lines(List.of(hold("void")));
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst())
                .startsWith("held  H-1: Delete volume vol-1.")
                .doesNotContain("\033");
        assertThat(lines.get(1)).contains("1 of owners must sign");
        assertThat(lines.getLast()).contains("nobody can approve this any more", "`claude -p`");
    }

    /** It misses nobody's signature: the agent, such as `claude -p`, has ended without asking again. */
    @Test
    void aSignedHoldThatWasNotUsedIsSaidToBeThat() {
        HoldQuestion.Hold signed = SampleAnswers.of(
                HoldQuestion.Hold.class,
                Json.object()
                        .with("id", "H-1")
                        .with("state", "void")
                        .with("summary", "Delete volume vol-1.")
                        .with("usable_from", "2026-01-01T00:00:00Z")
                        .withTexts("missing", List.of("each signer types `vol-1`")));
        assertThat(UnansweredHolds.lines(List.of(signed)))
                .hasSize(2)
                .first()
                .asString()
                .startsWith("signed  H-1");
        assertThat(UnansweredHolds.lines(List.of(signed)).getLast())
                .contains("the agent did not send the call again")
                .doesNotContain("each signer types");
    }

    @Test
    void whatWasAnsweredIsNotNamed() {
        assertThat(UnansweredHolds.lines(List.of(hold("consumed"), hold("denied"), hold("expired"))))
                .isEmpty();
        assertThat(UnansweredHolds.lines(List.of(hold("open")))).hasSize(2).doesNotContain(UnansweredHolds.ENDED);
    }

    /** More time helps only against a want of time. */
    @Test
    void eachReasonForWhichAFileWasNotSearchedIsSaid() {
        assertThat(WorkspaceMasks.unsearched(MaskedWorkspace.Unsearched.NONE)).isEmpty();
        assertThat(WorkspaceMasks.unsearched(new MaskedWorkspace.Unsearched(0, 1, 0)))
                .singleElement()
                .satisfies(line ->
                        assertThat(line).contains("longer than 4 MiB: 1 file").doesNotContain("time"));
        assertThat(WorkspaceMasks.unsearched(new MaskedWorkspace.Unsearched(2, 0, 3)))
                .satisfiesExactly(
                        late -> assertThat(late).contains("time ran out: 2 files", "--mask-millis"),
                        shut -> assertThat(shut).contains("cannot be opened: 3 files"));
    }
}
