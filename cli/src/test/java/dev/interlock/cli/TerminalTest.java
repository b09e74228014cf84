package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TerminalTest {

    /** A possible file name. */
    private static final String NAME = "\u001b]0;title\u0007\u009b2J\r\u202e\u2028\u0000.env";

    static List<Consumer<Terminal>> sinks() {
        return List.of(
                terminal -> terminal.line(NAME),
                terminal -> terminal.problem(NAME),
                terminal -> terminal.aside(NAME),
                terminal -> terminal.trace(new IOException(NAME)),
                terminal -> terminal.table(List.of("A", "B"), List.of(List.of(NAME, "x"), List.of("y", NAME))));
    }

    @ParameterizedTest
    @MethodSource("sinks")
    @Tag("process")
    void printedTextCannotControlTheTerminal(Consumer<Terminal> sink) {
        String printed = printed(sink);
        assertThat(printed)
                .contains("\\u{1b}]0;title\\u{7}\\u{9b}2J\\u{d}\\u{202e}\\u{2028}\\u{0}.env")
                .doesNotContain("\u001b", "\u0007", "\u009b", "\r", "\u202e", "\u2028", "\u0000");
    }

    @Test
    void lineBreaksAreKept() {
        assertThat(printed(terminal -> terminal.line("a\n\tb"))).isEqualTo("a\n\tb\n");
        assertThat(printed(terminal -> terminal.problem("a\n\tb"))).isEqualTo("interlock: a\n\tb\n");
    }

    private static String printed(Consumer<Terminal> sink) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8);
        sink.accept(new Terminal(stream, stream));
        return printed.toString(StandardCharsets.UTF_8);
    }
}
