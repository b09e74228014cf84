package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvRowTest {

    private static String line(String... cells) {
        return new String(CsvRow.of(List.of(cells)), StandardCharsets.UTF_8);
    }

    @Test
    void separatorsQuotesAndLineEndsStayInTheirCell() {
        assertThat(line("a,b", "say \"no\"", "two\r\nlines", ""))
                .isEqualTo("\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",\"\"\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "=a\nb"})
    void noCellIsAFormula(String text) {
        assertThat(line(text)).startsWith("\"'" + text.charAt(0));
    }
}
