package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which texts of a body a grant may leave open, and that everything else stays in the frame. */
final class FreeTextsTest {

    private static Optional<FreeTexts> of(String body) {
        return FreeTexts.of(body.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"body\":\"a\",\"ref\":\"main\"} | body | {\"body\":{\"any\":\"text\"},\"ref\":\"main\"}",
                "{\"input\":{\"title\":\"a\"}} | input.title | {\"input\":{\"title\":{\"any\":\"text\"}}}",
                "[{\"message\":\"a\"},{\"message\":\"\"}] | message | [{\"message\":{\"any\":\"text\"}},{\"message\":\"\"}]",
            })
    void textsForPeopleAreReplaced(String body, String path, String frame) {
        FreeTexts free = of(body).orElseThrow();
        assertThat(free.paths()).containsExactly(path);
        assertThat(free.frame().canonicalText()).isEqualTo(frame);
    }

    /** Blank texts take something away, agents name variables, and one spelling has one meaning. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"body\":\" \"}",
                "{\"body\":{\"x\":\"a\"}}",
                "{\"content\":\"a\",\"sql\":\"b\"}",
                "{\"variables\":{\"body\":\"a\"}}",
                "{\"variable_values\":{\"title\":\"a\"}}",
                "{\"a b\":{\"title\":\"a\"}}",
                "{ \"title\":\"a\"}",
                "{\"\\u0074itle\":\"a\"}",
                "{\"n\":1.5,\"title\":\"a\"}",
                "title=a",
            })
    void everythingElseIsBound(String body) {
        assertThat(of(body)).isEmpty();
    }

    @Test
    void aBodyWithManyTextsIsBoundWhole() {
        StringBuilder body = new StringBuilder("{");
        for (char member = 'a'; member < 'j'; member++) {
            body.append("\"").append(member).append("\":{\"text\":\"x\"},");
        }
        body.setCharAt(body.length() - 1, '}');
        assertThat(of(body.toString())).isEmpty();
    }
}
