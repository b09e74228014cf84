package dev.interlock.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Suggests known names for a mistyped one. */
public final class Suggestions {

    private static final int MOST = 3;

    /** The number of letters for which one typing mistake is allowed. With more mistakes it is another word. */
    private static final int LETTERS_A_SLIP = 3;

    private Suggestions() {}

    /** Returns those of {@code names} that are most similar to {@code given}, the nearest first. */
    public static List<String> to(String given, Collection<String> names) {
        String lower = given.toLowerCase(Locale.ROOT);
        return names.stream()
                .sorted(Comparator.<String>comparingInt(name -> slips(lower, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(MOST)
                .toList();
    }

    /** Returns the one of {@code names} that {@code given} is a typing mistake for, if there is one. */
    public static Optional<String> misspelled(String given, Collection<String> names) {
        String lower = given.toLowerCase(Locale.ROOT);
        Map<String, Integer> slips = new TreeMap<>();
        names.stream()
                .filter(name -> Math.abs(name.length() - lower.length()) * LETTERS_A_SLIP <= name.length())
                .forEach(name -> slips.put(name, slips(lower, name.toLowerCase(Locale.ROOT))));
        return slips.entrySet().stream()
                .filter(one -> one.getValue() * LETTERS_A_SLIP <= one.getKey().length())
                .min(Map.Entry.comparingByValue()) // of several, the first in the order of names
                .map(Map.Entry::getKey);
    }

    /** Returns what follows "There is no … `given`" in an error: the name that is meant, or those there are. */
    public static String after(String given, Collection<String> names) {
        List<String> near = misspelled(given, names).map(List::of).orElseGet(() -> to(given, names));
        if (near.isEmpty()) {
            return ".";
        }
        return near.size() == 1
                ? "; the nearest is `" + near.getFirst() + "`."
                : "; there are `" + String.join("`, `", near) + "`.";
    }

    private static int slips(String one, String other) {
        int[] earlier = new int[other.length() + 1];
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
                boolean swapped = i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1);
                now[j] = swapped ? Math.min(now[j], earlier[j - 2] + 1) : now[j];
            }
            earlier = before;
            before = now;
        }
        return before[other.length()];
    }
}
