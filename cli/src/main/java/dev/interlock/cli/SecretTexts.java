package dev.interlock.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the secrets in files that are passed to programs. */
final class SecretTexts {

    /** White space as in netrc, quotation marks as in JSON, and colons or at signs. */
    private static final List<Pattern> BETWEEN =
            List.of(Pattern.compile("\\s+"), Pattern.compile("[\"']"), Pattern.compile("[:@]"));

    private static final Pattern NAMED = Pattern.compile("[=:]");

    private SecretTexts() {}

    /** Returns the last of five fields, in which a backslash escapes colons and itself. */
    static List<String> pgpass(String text) {
        return text.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("(?<!\\\\):", 5))
                .filter(fields -> fields.length == 5)
                .map(fields -> fields[4].replace("\\:", ":").replace("\\\\", "\\"))
                .toList();
    }

    /** Returns every possible secret of a file of unknown form: the whole text, each line, and each field of a line. */
    static List<String> anywhere(String text) {
        return Stream.of(
                        List.of(text.strip()),
                        pgpass(text),
                        text.lines().flatMap(SecretTexts::fields).toList())
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    private static Stream<String> fields(String line) {
        List<String> fields = new ArrayList<>(List.of(line.strip()));
        BETWEEN.forEach(between -> fields.addAll(List.of(between.split(line))));
        String[] named = NAMED.split(line, 2);
        if (named.length == 2) {
            fields.add(named[1].strip());
        }
        return fields.stream();
    }
}
