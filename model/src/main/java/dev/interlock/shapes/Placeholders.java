package dev.interlock.shapes;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Recognises the placeholders for credentials in documentation. */
final class Placeholders {

    /** Texts that never occur in random text of a credential's length. */
    private static final List<String> ANYWHERE = List.of(("example xxxx placeholder redacted changeme change_me change-me **** .... ${ {{ <your your_ your- yourtoken yourkey 0123456789 1234567890 abcdefgh deadbeef")
            .split(" ", -1));

    /** Texts that exclude a match for which only the name before it suggests a credential. */
    private static final List<String> IN_WORDS = List.of(("test fake dummy sample mock secret password token process.env os.environ getenv localhost default undefined null none")
            .split(" ", -1));

    private static final Set<String> WORDS =
            Set.of("auth foo bar guest pass passwd password pwd root secret test token user".split(" ", -1));

    private static final int LONGEST_RUN = 6;

    /**
     * Above this length only the share of the longest run counts: encoded data has runs of zeros, and long random text
     * contains any four letters.
     */
    private static final int LONG = 200;

    private static final int SHARE_OF_LONG = 8;

    private Placeholders() {}

    static boolean isOne(String text, MatchCheck check) {
        if (text.length() > LONG) {
            return longestRun(text) >= text.length() / SHARE_OF_LONG;
        }
        String folded = text.toLowerCase(Locale.ROOT);
        return ANYWHERE.stream().anyMatch(folded::contains)
                || longestRun(text) >= LONGEST_RUN
                || switch (check) {
                    case FORM -> false;
                    case NAMED -> WORDS.contains(folded);
                    case MIXED -> IN_WORDS.stream().anyMatch(folded::contains);
                };
    }

    private static int longestRun(String text) {
        int longest = 0;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = i > 0 && text.charAt(i) == text.charAt(i - 1) ? run + 1 : 1;
            longest = Math.max(longest, run);
        }
        return longest;
    }
}
