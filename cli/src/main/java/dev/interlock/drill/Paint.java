package dev.interlock.drill;

import java.util.regex.Pattern;

/** Colours for a terminal, or none. */
enum Paint {
    /** With ANSI colours. */
    COLOURED,
    /** Without: for a file, a pipe, or whoever set NO_COLOR. */
    PLAIN;

    /** What a piece of text is, rather than how it looks. */
    enum Colour {
        PLAIN("0"),
        STRONG("1"),
        FAINT("2"),
        GOOD("32;1"),
        BAD("31;1");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    private static final Pattern ESCAPES = Pattern.compile("\u001b\\[[0-9;]*m");

    String of(Colour colour, String text) {
        return switch (this) {
            case COLOURED -> "\u001b[" + colour.code + "m" + text + "\u001b[0m";
            case PLAIN -> text;
        };
    }

    /** {@code text} from elsewhere without anything that a terminal would obey. */
    static String harmless(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}]+", " ");
    }

    /** How many columns {@code text} takes. */
    static int width(String text) {
        String visible = ESCAPES.matcher(text).replaceAll("");
        return visible.codePointCount(0, visible.length());
    }

    /** {@code text}, at most {@code width} columns of it; what is cut off is marked. */
    static String cut(String text, int width) {
        return width(text) <= width
                ? text
                : ESCAPES.matcher(text).replaceAll("").substring(0, width - 1) + "…";
    }
}
