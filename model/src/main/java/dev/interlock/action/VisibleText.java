package dev.interlock.action;

import java.util.function.IntPredicate;

/**
 * Escapes text for terminals. Characters that a terminal obeys, and does not draw, could erase or reverse the text
 * around them.
 */
public final class VisibleText {

    private static final int MAX_NAME = 100;

    private VisibleText() {}

    /** Returns whether the code point {@code c} is drawn as itself in every context. */
    public static boolean isVisible(int c) {
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

    /** Returns {@code text} on one line, with every other character replaced by its number. */
    public static String line(String text) {
        return spelled(text, VisibleText::isVisible);
    }

    /** Does the same as {@link #line}, but keeps line ends and tabs. */
    public static String lines(String text) {
        return spelled(text, c -> isVisible(c) || c == '\n' || c == '\t');
    }

    /**
     * Returns the first {@code most} characters of {@code text}, or one fewer, so that a surrogate pair is never split.
     */
    public static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
    }

    /** Returns a name that an agent sent, cut and cleaned so that it fits into a sentence. */
    public static String shown(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_.+/:@-]", "?");
        return "`" + (plain.length() > 80 ? plain.substring(0, 80) + "..." : plain) + "`";
    }

    /** Returns a name in quotes; quotes in it become apostrophes, so that no name can end before its end. */
    public static String quoted(String name) {
        return "\"" + name.replace('"', '\'') + "\"";
    }

    /** Returns {@code name}, shortened and in quotes if it could be read as words of the gateway. */
    public static String plain(String name) {
        return name.matches("[A-Za-z0-9._/@+-]{1,100}")
                ? name
                : quoted(shortened(name, MAX_NAME).replace("…", "..."));
    }

    /** Returns {@code text}, or its first {@code most} characters and an ellipsis, if it has more. */
    public static String shortened(String text, int most) {
        return text.length() <= most ? text : cut(text, most) + "…";
    }

    private static String spelled(String text, IntPredicate left) {
        StringBuilder spelled = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (left.test(c)) {
                spelled.appendCodePoint(c);
            } else {
                spelled.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return spelled.toString();
    }

    /**
     * Returns {@code text} with every character replaced that could be mistaken for another. Visible ASCII except the
     * backslash stays, and so do the letters of Latin-1, which nobody confuses with ASCII. Look-alike letters of other
     * scripts are replaced. That is hard on people with names in those scripts; but resources have identifiers, not
     * names.
     */
    public static String unambiguous(String text) {
        // Doubled: otherwise the text could contain a fake escape.
        return spelled(text.replace("\\", "\\\\"), VisibleText::isUnmistakable);
    }

    /** Returns text that {@link #unambiguous} made, unchanged. Anything that it could not have made is replaced. */
    public static String ensureUnambiguous(String text) {
        return text.codePoints().allMatch(VisibleText::isUnmistakable) ? text : unambiguous(text);
    }

    /** Returns whether {@link #unambiguous} can write the code point {@code c}. */
    public static boolean isUnmistakable(int c) {
        boolean ascii = c >= 0x20 && c < 0x7f;
        boolean latin1Letter = c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7;
        return ascii || latin1Letter;
    }
}
