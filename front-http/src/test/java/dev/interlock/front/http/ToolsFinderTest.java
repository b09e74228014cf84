package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToolsFinderTest {

    private static boolean isFound(byte[] text) {
        ToolsFinder finder = new ToolsFinder();
        boolean found = false;
        for (byte b : text) {
            found |= finder.isFound(b);
        }
        return found;
    }

    private static boolean isFound(String text) {
        return isFound(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"result\":{\"tools\":[]}}",
                "{\"id\":1,\"result\" : { \"a\":{\"b\":[1]},\"tools\" : []}}",
                "[{\"id\":1},{\"result\":{\"tools\":[]}}]",
                "{\"result\":{},\"result\":{\"tools\":[]}}",
                "{\"result\":{\"x\":\"\\\"}\",\"tools\":[]}}",
                "{\"re\\u0073ult\":{\"\\u0074ools\":[]}}",
                "{\"Result\":{\"TOOLS\":[]}}",
                "{\"re\u017fult\":{\"tool\\u017f\":[]}}"
            })
    void aListIsFound(String text) {
        assertThat(isFound(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"result\\\":{\\\"tools\\\":[]}}\"}]}}",
                "{\"result\":{\"capabilities\":{\"tools\":{}}}}",
                "{\"result\":{\"structuredContent\":{\"result\":{\"tools\":[]}}}}",
                "{\"result\":{},\"tools\":[]}",
                "{\"params\":{\"tools\":[]}}",
                "{\"result\":{\"content\":\"tools\"}}"
            })
    void otherAnswersPass(String text) {
        assertThat(isFound(text)).isFalse();
    }

    private static Optional<String> answered(String text) {
        ToolsFinder finder = new ToolsFinder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            finder.isFound(b);
        }
        return finder.answered();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"id\":7,\"result\":{}} | 7",
                "{\"result\":{\"id\":9},\"id\":7} | 7",
                "{\"error\":{\"id\":9}, \"id\":\"a,}\"} | \"a,}\"",
                "{\"\\u0069d\":7,\"RESULT\":{}} | 7",
                "{\"id\":{\"a\":[1,2]},\"result\":1} | {\"a\":[1,2]}",
            })
    void anAnswerNamesWhatItAnswers(String text, String id) {
        assertThat(answered(text)).contains(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":7,\"id\":8,\"result\":{}}",
                "{\"ID\":7,\"result\":{},\"id\":7}",
                "[{\"id\":7,\"result\":{}}]",
            })
    void whatMayAnswerSeveralAnswersNone(String text) {
        assertThat(answered(text)).contains("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":7,\"method\":\"ping\",\"params\":{\"result\":1}}",
                "{\"result\":{\"id\":7}}",
                "{\"id\":7,\"result\":{}",
                "[]",
            })
    void whatIsNoAnswerNamesNothing(String text) {
        assertThat(answered(text)).isEmpty();
    }

    @Test
    void whatSomeReadersTakeForAnotherEncodingIsFound() {
        String list = "{\"result\":{\"tools\":[]}}";
        assertThat(isFound(list.getBytes(StandardCharsets.UTF_16LE))).isTrue();
        assertThat(isFound(list.getBytes(StandardCharsets.UTF_16))).isTrue();
    }
}
