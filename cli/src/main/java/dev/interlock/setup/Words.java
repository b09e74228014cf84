package dev.interlock.setup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Lists of words from {@code words.txt}, and words in general. */
final class Words {

    private static final Pattern SEPARATOR =
            Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    private static final Map<String, Set<String>> LISTS = read();

    private Words() {}

    private static Map<String, Set<String>> read() {
        Map<String, Set<String>> lists = new HashMap<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Words.class.getResourceAsStream("words.txt")), StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> line.contains(": ") && !line.startsWith("#"))
                    .forEach(line -> {
                        String[] parts = line.split(": ", 2);
                        lists.computeIfAbsent(parts[0], _ -> new HashSet<>()).addAll(List.of(parts[1].split(" ")));
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lists;
    }

    static Set<String> of(String name) {
        return Objects.requireNonNull(LISTS.get(name), name);
    }

    /** Returns the words of a name in camel case, with dashes or underscores, all in lower case. */
    static List<String> split(String name) {
        return Arrays.stream(SEPARATOR.split(name, -1))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** Returns {@code word} without the ending of a plural, or of a verb such as "deletes". */
    static String singular(String word) {
        if (word.endsWith("ies") && word.length() > 4) {
            return word.substring(0, word.length() - 3) + "y";
        }
        if (word.matches(".*(ss|sh|ch|x|z)es")) {
            return word.substring(0, word.length() - 2);
        }
        return word.endsWith("s") && word.length() > 3 && !word.matches(".*(ss|us|is|as|dns)")
                ? word.substring(0, word.length() - 1)
                : word;
    }

    /** Returns the basic form that {@code isKnown} accepts of a word such as "deletes" or "deleting", or the word. */
    static String basic(String word, Predicate<String> isKnown) {
        List<String> forms = word.endsWith("ing") && word.length() > 5
                ? List.of(word.substring(0, word.length() - 3), word.substring(0, word.length() - 3) + "e")
                : List.of(word, singular(word));
        return forms.stream().filter(isKnown).findFirst().orElse(word);
    }
}
