package dev.interlock.drill;

import java.util.regex.Pattern;

/** Colours for a terminal, or none. */
enum TerminalColours {
    COLOURED,
    PLAIN;

    /** The meaning of a piece of text, which determines its colour. */
    enum TextRole {
        PLAIN("0"),
        STRONG("1"),
        FAINT("2"),
        GOOD("32;1"),
        BAD("31;1");

        private final String code;

        TextRole(String code) {
            this.code = code;
        }
    }

    private static final Pattern ESCAPES = Pattern.compile("\u001b\\[[0-9;]*m");

    String of(TextRole colour, String text) {
        return switch (this) {
            case COLOURED -> "\u001b[" + colour.code + "m" + text + "\u001b[0m";
            case PLAIN -> text;
        };
    }

    /** Returns outside {@code text} without terminal controls. */
    static String harmless(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}]+", " ");
    }

    static int width(String text) {
        String visible = ESCAPES.matcher(text).replaceAll("");
        return visible.codePointCount(0, visible.length());
    }

    static String cut(String text, int width) {
        return width(text) <= width
                ? text
                : ESCAPES.matcher(text).replaceAll("").substring(0, width - 1) + "…";
    }
}
