package dev.interlock.cli;

import java.io.PrintStream;
import java.nio.charset.CharsetEncoder;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A stream whose character set lacks characters that messages use, as in the locale {@code C}. Java would print a
 * question mark for each, so that a tick and a cross look alike. Here these have stand-ins, and others are spelled out.
 */
final class StandInStream extends PrintStream {

    private static final Map<String, String> STAND_INS =
            Map.of("✓", "ok", "✗", "x", "·", "-", "–", "-", "−", "-", "─", "-", "…", "...", "→", "->", "×", "x");

    private StandInStream(PrintStream out) {
        super(out, true, out.charset());
    }

    /** Returns {@code out} itself, unless its character set lacks what messages use. */
    static PrintStream of(PrintStream out) {
        return out.charset().newEncoder().canEncode(String.join("", STAND_INS.keySet())) ? out : new StandInStream(out);
    }

    /** The other methods print by this one. */
    @Override
    public void print(String text) {
        super.print(encodable(text));
        flush();
    }

    private String encodable(String text) {
        CharsetEncoder encoder = charset().newEncoder();
        return encoder.canEncode(text)
                ? text
                : text.codePoints()
                        .mapToObj(Character::toString)
                        .map(one -> encoder.canEncode(one)
                                ? one
                                : STAND_INS.getOrDefault(one, String.format("\\u{%x}", one.codePointAt(0))))
                        .collect(Collectors.joining());
    }
}
