package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

    @Test
    void whatSomeReadersTakeForAnotherEncodingIsFound() {
        String list = "{\"result\":{\"tools\":[]}}";
        assertThat(isFound(list.getBytes(StandardCharsets.UTF_16LE))).isTrue();
        assertThat(isFound(list.getBytes(StandardCharsets.UTF_16))).isTrue();
    }
}
