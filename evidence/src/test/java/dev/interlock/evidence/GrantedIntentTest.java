package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/**
 * Tests what a verifier says of intents that went by a grant: as many as people signed for, like what they signed for.
 */
final class GrantedIntentTest {

    private static final String ORIGIN = "interlock.example/test";
    private static final CallGrant MORE = new CallGrant(2, SealSamples.NOW.plus(Duration.ofHours(1)));

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = SealDocument.read(samples.seal(false)
            .with(
                    "approvals",
                    Json.object().with("grants", Json.object().with("calls", 2).with("time", 7200)))
            .canonical());
    private final Statement statement = Statement.of(SealSamples.statement(
                    seal, SealSamples.obligations(false, "1 of owners").with("type_name", false))
            .json()
            .with("meaning", like())
            .with("meaning_sha256", Sha256.hex(like().canonical())));

    private String signature(Optional<CallGrant> more) {
        if (more.isEmpty()) {
            return SealSamples.sign(samples.annHardware, statement);
        }
        StatementList list = StatementList.of(List.of(statement), more);
        return new ConfirmationSignature(
                        Optional.of(list),
                        PersonSignature.parse(samples.annHardware.sign(list.canonical(), Statement.NAMESPACE)))
                .text();
    }

    private Json.Members granted(Json.Members meaning, String signature) {
        return SealSamples.intent(seal, meaning)
                .with("grant", "G-01JD")
                .with(
                        "like_sha256",
                        CallGrant.GrantedCall.of(meaning, statement.request()).likeSha256())
                .with(
                        "confirmation",
                        Json.object().with("statement", statement.json()).withTexts("signatures", List.of(signature)));
    }

    private IntentConfirmation intent(Json.Members members) {
        boolean isGranted = members.get("grant").isPresent();
        return new IntentConfirmation(new Receipt(
                "R-01JD0000000000000000000001",
                Receipt.Kind.INTENT,
                SealSamples.NOW.plus(Duration.ofMinutes(isGranted ? 30 : 0)), // when the statement itself is over
                ORIGIN,
                members));
    }

    private String problem(Json.Members members) {
        return intent(members).verdict(Map.of(seal.id(), seal)).orElseThrow()
                        instanceof ConfirmedIntents.IntentVerdict.UnmetIntent(String problem)
                ? problem
                : "";
    }

    private static Json.Members like() {
        return SealSamples.meaning("staging", "write");
    }

    @Test
    void aGrantedCallIsConfirmed() {
        assertThat(problem(granted(like(), signature(Optional.of(MORE))))).isEmpty();
    }

    @Test
    void whatPeopleDidNotGrantIsAProblem() {
        String signature = signature(Optional.of(MORE));
        assertThat(problem(granted(like(), signature(Optional.empty())))).contains("grant no more calls");
        assertThat(problem(granted(SealSamples.meaning("production", "write"), signature)))
                .contains("differs from what people granted");
        assertThat(problem(granted(SealSamples.meaning("staging", "execute"), signature)))
                .contains("differs from what people granted");
        assertThat(problem(granted(like(), signature(Optional.of(new CallGrant(3, MORE.until()))))))
                .contains("nobody grant so much");
        assertThat(problem(granted(
                        like(),
                        signature(Optional.of(new CallGrant(2, SealSamples.NOW.plus(Duration.ofMinutes(29))))))))
                .contains("the grant has ended");
        assertThat(problem(granted(like(), signature).with("like_sha256", "0".repeat(64))))
                .contains("differs from what people granted");
        assertThat(problem(granted(like(), signature).without(List.of("like_sha256"))))
                .contains("another statement");
        assertThat(problem(granted(like(), signature).with("like_sha256", 5))).contains("cannot be read");
        assertThat(problem(granted(like(), signature).with("grant", "G-02"))).contains("another statement");
        assertThat(problem(granted(like(), signature).with("hold", "H-01JD"))).contains("another statement");
        assertThat(problem(granted(like(), signature).with("person", "ann"))).contains("another statement");
        assertThat(problem(granted(like(), signature).without(List.of("confirmation"))))
                .contains("has no confirmation");
        assertThat(problem(granted(like(), signature).without(List.of("actions"))))
                .isNotEmpty();
    }

    /** What one of a set's calls carries proves that call alone: its statement, and the list with the signature. */
    @Test
    void aCallOfASetIsConfirmedIfTheListNamesIt() {
        Statement other = Statement.of(statement.json().with("nonce", "A".repeat(42) + "E"));
        StatementList with = StatementList.of(List.of(other, statement), Optional.empty());
        StatementList without =
                new StatementList(List.of(StatementList.digest(other), "0".repeat(64)), Optional.empty());
        Json.Members call = SealSamples.intent(seal, statement.meaning())
                .with("hold", statement.hold())
                .with("request_sha256", statement.requestDigest());
        assertThat(problem(call.with("confirmation", signed(with)))).isEmpty();
        assertThat(problem(call.with("confirmation", signed(without)))).contains("1 of owners must sign");
    }

    private Json.Members signed(StatementList list) {
        String signature = new ConfirmationSignature(
                        Optional.of(list),
                        PersonSignature.parse(samples.annHardware.sign(list.canonical(), Statement.NAMESPACE)))
                .text();
        return Json.object().with("statement", statement.json()).withTexts("signatures", List.of(signature));
    }

    @Test
    void noMoreCallsGoThanWereGranted() {
        ConfirmedIntents intents = new ConfirmedIntents();
        IntentConfirmation one = intent(granted(like(), signature(Optional.of(MORE))));
        for (long leaf = 0; leaf < 4; leaf++) {
            intents.add(
                    leaf,
                    problem -> new LogFinding("log", OptionalLong.empty(), Optional.empty(), problem),
                    one.used(),
                    one.verdict(Map.of(seal.id(), seal)).orElseThrow());
        }
        intents.refused(0, true);
        assertThat(intents.confirmations(Map.of(), Map.of(), Map.of()).problems())
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString()).contains("grant `G-01JD` was used before"));
    }
}
