package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** {@link UpstreamCommandTest} runs the program in the locale {@code C}. */
final class StandInStreamTest {

    private static String printed(Charset charset, Consumer<PrintStream> prints) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        prints.accept(StandInStream.of(new PrintStream(printed, true, charset)));
        return printed.toString(charset);
    }

    @Test
    void tickAndCrossDifferWhereTheCharacterSetLacksBoth() {
        Consumer<PrintStream> prints = out -> {
            out.println("✓ sealed · 3 tests");
            out.printf("✗ %s%n", "no → at all…");
            out.print("Zoë\n");
        };
        assertThat(printed(StandardCharsets.US_ASCII, prints))
                .isEqualTo("ok sealed - 3 tests\nx no -> at all...\nZo\\u{eb}\n");
        assertThat(printed(StandardCharsets.ISO_8859_1, prints))
                .isEqualTo("ok sealed · 3 tests\nx no -> at all...\nZoë\n");
        assertThat(printed(StandardCharsets.UTF_8, prints)).isEqualTo("✓ sealed · 3 tests\n✗ no → at all…\nZoë\n");
    }

    @Test
    void jsonIsUtf8InEveryLocale() {
        Json.Members value = Json.object().with("name", "Zoë ✓");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = StandInStream.of(new PrintStream(printed, true, StandardCharsets.US_ASCII));
        new Terminal(out, out).json(value);
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("{\"name\":\"Zoë ✓\"}\n");
    }
}
