package dev.interlock.catalog;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The beginning of the addresses that a provider gives for further pages of a list, such as {@code /repositories/7},
 * and of the paths at which it was asked for the list. What follows is the same in both.
 */
record PagePrefix(List<String> given, List<String> asked) {

    private static final Pattern PREFIX = Pattern.compile("(/([a-z][a-z0-9-]*|\\{[a-z_]+}))+");

    static PagePrefix parse(String given, String asked) {
        if (!PREFIX.matcher(given).matches() || !PREFIX.matcher(asked).matches()) {
            throw new IllegalArgumentException("is not the beginning of a path, such as `/repositories/{id}`");
        }
        return new PagePrefix(List.of(given.split("/", -1)), List.of(asked.split("/", -1)));
    }

    /** Returns whether {@code linked} is of the list at {@code path}. */
    boolean isOf(String linked, String path) {
        Optional<List<String>> rest = rest(given, linked);
        return rest.isPresent() && rest.equals(rest(asked, path));
    }

    private static Optional<List<String>> rest(List<String> prefix, String path) {
        List<String> segments = List.of(path.split("/", -1));
        if (segments.size() < prefix.size()) {
            return Optional.empty();
        }
        for (int i = 0; i < prefix.size(); i++) {
            if (!prefix.get(i).startsWith("{") && !prefix.get(i).equals(segments.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(segments.subList(prefix.size(), segments.size()));
    }
}
