package dev.interlock.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Names that somebody may have meant. */
public final class Suggestions {

    /** More of them are no help. */
    private static final int MOST = 3;

    /** With more slips than that, it is another word. */
    private static final int LETTERS_A_SLIP = 3;

    private Suggestions() {}

    /** Those of {@code names} that are spelt most like {@code given}, the nearest first. */
    public static List<String> to(String given, Collection<String> names) {
        String lower = given.toLowerCase(Locale.ROOT);
        return names.stream()
                .sorted(Comparator.<String>comparingInt(name -> slips(lower, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(MOST)
                .toList();
    }

    /** The one of {@code names} that {@code given} is but a slip of the pen away from, if there is one. */
    public static Optional<String> misspelled(String given, Collection<String> names) {
        return to(given, names).stream()
                .findFirst()
                .filter(name -> slips(given.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT)) * LETTERS_A_SLIP
                        <= name.length());
    }

    /** How many characters must be put in, left out or exchanged to make one of the other. */
    private static int slips(String one, String other) {
        int[] before = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] now = new int[other.length() + 1];
            now[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int exchanged = before[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(exchanged, Math.min(before[j], now[j - 1]) + 1);
            }
            before = now;
        }
        return before[other.length()];
    }
}
