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

    /** The first {@code most} characters of {@code text}, or one less: never half of a pair. */
    public static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
    }

    /** {@code text}, or its first {@code most} characters and an ellipsis, if it has more. */
    public static String shortened(String text, int most) {
        return text.length() <= most ? text : cut(text, most) + "…";
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

    /**
     * {@code text} with every character spelled out that could be taken for another: drawn as they are visible ASCII
     * but the backslash, and the letters of Latin-1, which no keyboard confuses with ASCII. Look-alike letters of other
     * scripts are spelled: that is hard on people whose names are in those scripts, and resources have identifiers, not
     * names.
     */
    public static String unmistakable(String text) {
        StringBuilder spelled = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\\') {
                spelled.append("\\\\"); // or the text could spell an escape itself
            } else if (isUnmistakable(c)) {
                spelled.appendCodePoint(c);
            } else {
                spelled.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return spelled.toString();
    }

    /** Whether {@link #unmistakable} leaves the code point {@code c} as it is, and it is no backslash. */
    public static boolean isUnmistakable(int c) {
        boolean ascii = c >= 0x20 && c < 0x7f;
        boolean latin1Letter = c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7;
        return ascii || latin1Letter;
    }
}
