package dev.interlock.action;

import java.util.function.IntPredicate;

/** Which characters a terminal draws, and does not obey: the others could wipe out or turn round what stands beside. */
public final class Plain {

    private Plain() {}

    /** Whether the code point {@code c} is drawn as itself, whatever stands around it. */
    public static boolean is(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** {@code text} on one line, with every other character spelled out by its number. */
    public static String line(String text) {
        return spelled(text, _ -> false);
    }

    /** As {@link #line}, but for the ends of lines and the tabs by which it is laid out. */
    public static String lines(String text) {
        return spelled(text, c -> c == '\n' || c == '\t');
    }

    private static String spelled(String text, IntPredicate left) {
        StringBuilder spelled = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (is(c) || left.test(c)) {
                spelled.appendCodePoint(c);
            } else {
                spelled.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return spelled.toString();
    }
}
