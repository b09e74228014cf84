package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionSummaryTest {

    private static Json.Members receipt(String id, String kind) {
        return Json.object().with("id", id).with("kind", kind);
    }

    private static Json.Members acting(Json.Members receipt, String impact, String environment) {
        Json.Members resource = Json.object().withTexts("environments", List.of(environment));
        Json.Members action = Json.object()
                .with("operation", "railway:x")
                .withTexts("impacts", List.of(impact))
                .with("resources", new Json.Array(List.of(resource)));
        return receipt.with("actions", new Json.Array(List.of(action)));
    }

    private static Json.Members outcome(String intent, String result) {
        return receipt("O-" + intent, "outcome").with("intent", intent).with("result", result);
    }

    private static Json.Members refused(String id, String why) {
        return acting(receipt(id, "refused"), "destroy", "production")
                .with("refusal", "denied")
                .with("reason", why);
    }

    @Test
    void whatWentIsCountedByWhatItDidWhere() {
        SessionSummary account = SessionSummary.of(
                List.of(
                        outcome("1", "done"),
                        acting(receipt("1", "intent"), "read", "staging"),
                        outcome("2", "unknown"),
                        acting(receipt("2", "intent"), "write", "staging"),
                        acting(receipt("3", "intent"), "read", "staging"), // no outcome yet: it may have been sent
                        outcome("4", "refused").with("refusal", "denied").with("reason", "Too much."),
                        acting(receipt("4", "intent"), "write", "staging")),
                true);
        assertThat(account.letThrough())
                .containsExactly(
                        new SessionSummary.AllowedCalls(Set.of("read"), Set.of("staging"), 2),
                        new SessionSummary.AllowedCalls(Set.of("write"), Set.of("staging"), 1));
        assertThat(account.unknown()).isEqualTo(1);
        assertThat(account.refused())
                .extracting(SessionSummary.DeniedCalls::reason)
                .containsExactly("Too much.");
    }

    @Test
    void refusalsThatWereOnlyCountedCount() {
        SessionSummary account =
                SessionSummary.of(List.of(refused("2", "Again.").with("suppressed", 40), refused("1", "No.")), true);
        assertThat(account.refused())
                .containsExactly(
                        new SessionSummary.DeniedCalls(
                                "denied", "only counted", "There were too many to record each one.", 40),
                        new SessionSummary.DeniedCalls("denied", "railway:x", "Again.", 2));
    }

    @Test
    void whatItAskedPeopleToLetItDoBesidesIsHeldToo() {
        Json.Members asked =
                receipt("3", "admin").with("command", "elevation.ask").with("hold", "H-2");
        assertThat(SessionSummary.of(List.of(asked), true).held()).containsExactly("H-2");
    }

    @Test
    void refusalsThatTheGatewayCountedAfterwardsCountToo() {
        Json.Members counted = receipt("3", "admin")
                .with("command", "refusals.counted")
                .with("refusal", "denied")
                .with("suppressed", 7);
        assertThat(SessionSummary.of(List.of(counted), true).refused())
                .containsExactly(new SessionSummary.DeniedCalls(
                        "denied", "only counted", "There were too many to record each one.", 7));
    }

    @Test
    void whatWasConfirmedSaysInItsStatementWhatItDid() {
        Json.Members long_ = acting(Json.object(), "destroy", "staging");
        Json.Members intent = receipt("1", "intent")
                .with("hold", "H-1")
                .with(
                        "confirmation",
                        Json.object().with("statement", Json.object().with("meaning", long_)));
        SessionSummary account = SessionSummary.of(
                List.of(intent, receipt("0", "held").with("hold", "H-1").with("refusal", "confirmation_required")),
                true);
        assertThat(account.letThrough())
                .containsExactly(new SessionSummary.AllowedCalls(Set.of("destroy"), Set.of("staging"), 1));
        assertThat(account.held()).containsExactly("H-1");
        assertThat(account.refused()).isEmpty();
    }
}
