package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProviderAnswerTest {

    private static ProviderAnswer read(String body) throws UnresolvedException {
        return ProviderAnswer.read(Bytes.utf8(body));
    }

    @Test
    void anAnswerWithoutErrorsIsRead() throws UnresolvedException {
        assertThat(read("{\"data\":{\"id\":\"x\"}}").word("id")).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"data\":null}",
                "{\"data\":[]}",
                "{\"data\":{\"a\":1},\"data\":{\"a\":2}}",
                "{\"data\":{\"id\":\"x\",\"id\":\"y\"}}",
                "{\"data\":{}} {}",
                "{\"data\":{}",
                "{\"data\":{},\"errors\":[{\"message\":\"half of it is missing\"}]}",
                "{\"data\":{},\"errors\":[]}",
                "<html></html>"
            })
    void anIncompleteAnswerIsRefused(String body) {
        assertThatThrownBy(() -> read(body))
                .isInstanceOf(UnresolvedException.class)
                .hasMessage("the provider's answer is not of the expected form")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"data\":{\"l\":{}}}",
                "{\"data\":{\"l\":{\"edges\":null,\"pageInfo\":{\"hasNextPage\":false}}}}",
                "{\"data\":{\"l\":{\"edges\":[]}}}",
                "{\"data\":{\"l\":{\"edges\":[],\"pageInfo\":{\"hasNextPage\":null,\"endCursor\":null}}}}",
                "{\"data\":{\"l\":{\"edges\":[],\"pageInfo\":{\"hasNextPage\":true,\"endCursor\":null}}}}",
                "{\"data\":{\"l\":{\"edges\":[null],\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}}}}",
                "{\"data\":{\"l\":{\"edges\":[{\"node\":null}],\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}}}}"
            })
    void anIncompletePageIsRefused(String body) {
        assertThatThrownBy(() -> read(body).page("l")).isInstanceOf(UnresolvedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"data\":{}}",
                "{\"data\":{\"id\":null}}",
                "{\"data\":{\"id\":1}}",
                "{\"data\":{\"id\":\"\"}}",
                "{\"data\":{\"id\":\"a b\"}}",
                "{\"data\":{\"id\":\"\\u0000\"}}"
            })
    void anIdentifierIsOneWord(String body) {
        assertThatThrownBy(() -> read(body).word("id")).isInstanceOf(UnresolvedException.class);
    }

    @Test
    void aMissingMemberIsNotTheSameAsNull() throws UnresolvedException {
        assertThat(read("{\"data\":{\"deletedAt\":null}}").optionalWord("deletedAt"))
                .isEmpty();
        assertThatThrownBy(() -> read("{\"data\":{}}").optionalWord("deletedAt"))
                .isInstanceOf(UnresolvedException.class);
    }

    @Test
    void depthIsBounded() {
        assertThatThrownBy(() -> read("{\"data\":" + "{\"a\":".repeat(50) + "1" + "}".repeat(51)))
                .isInstanceOf(UnresolvedException.class);
    }

    @Test
    void anAnswerWithTooManyValuesIsRefused() throws UnresolvedException {
        int most = (int) ProviderAnswer.MAX_TOKENS / 2 - 10; // an object begins and ends
        assertThat(read("{\"data\":{\"l\":[" + "{},".repeat(most) + "{}]}}").list("l"))
                .hasSize(most + 1);
        assertThatThrownBy(() -> read("{\"data\":{\"l\":[" + "{},".repeat(most + 20) + "{}]}}"))
                .isInstanceOf(UnresolvedException.class);
    }

    @Test
    void aPageLargerThanRequestedIsRefused() throws UnresolvedException {
        assertThat(read(page(ProviderAnswer.MAX_PAGE)).page("l").nodes()).hasSize(ProviderAnswer.MAX_PAGE);
        assertThatThrownBy(() -> read(page(ProviderAnswer.MAX_PAGE + 1)).page("l"))
                .isInstanceOf(UnresolvedException.class);
    }

    private static String page(int nodes) {
        return "{\"data\":{\"l\":{\"edges\":[" + String.join(",", Collections.nCopies(nodes, "{\"node\":{}}"))
                + "],\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}}}}";
    }
}
