package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Receipt;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what an answer of GraphQL says of its call, however it is spelled. */
final class GraphqlAnswerTest {

    private static Optional<Receipt.Result> result(String answer) {
        GraphqlAnswer read = new GraphqlAnswer();
        read.add(answer.getBytes(StandardCharsets.UTF_8));
        return read.result();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"errors\":[{}]}",
                " { \"errors\" : [ { } ] } ",
                "{\"\\u0065rrors\":[{}]}",
                "{\"err\\u006Frs\":[1],\"extensions\":{}}"
            })
    void errorsAloneMeanThatNothingWasDone(String answer) {
        assertThat(result(answer)).contains(Receipt.Result.FAILED);
    }

    @Test
    void errorsWithoutDataLeaveItOpen() {
        assertThat(result("{\"errors\":[{}],\"data\":null}")).contains(Receipt.Result.UNKNOWN);
        assertThat(result("{\"data\":{\"a\":null},\"\\u0065rrors\":[{}]}")).contains(Receipt.Result.UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "errors",
                "{\"errors\":[]}",
                "{\"errors\":{}}",
                "{\"data\":{\"errors\":[{}]}}",
                "{\"errors\":[{}],\"data\":{\"a\":1}}",
                "{\"Errors\":[{}]}",
                "{\"errors\":[{}]"
            })
    void anythingElseSaysNothing(String answer) {
        assertThat(result(answer)).isEmpty();
    }
}
