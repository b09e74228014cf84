package dev.interlock.action;

import dev.interlock.evidence.SaltedText;
import java.util.regex.Pattern;

/** Texts that are recorded as they are, because they are no free text. */
public final class PlainText {

    /** Maximum characters of a word. The longest branch names and paths of files in use are shorter. */
    public static final int MAX_WORD = 200;

    /** A number with more digits than any count or time has may be a secret. */
    private static final Pattern LITERAL = Pattern.compile("true|false|null|-?[0-9]{1,12}(\\.[0-9]{1,6})?|");

    private PlainText() {}

    /** Returns whether {@code text} is empty, a short number, {@code true}, {@code false} or {@code null}. */
    public static boolean isLiteral(String text) {
        return LITERAL.matcher(text).matches();
    }

    /** Returns whether {@code text} is a single short word, such as the name of a branch. */
    public static boolean isWord(String text) {
        return text.length() <= MAX_WORD
                && !SaltedText.isDigest(text)
                && text.codePoints()
                        .noneMatch(each -> Character.isWhitespace(each)
                                || Character.isSpaceChar(each)
                                || Character.isISOControl(each));
    }
}
