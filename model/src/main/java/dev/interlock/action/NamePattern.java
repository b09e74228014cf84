package dev.interlock.action;

import java.util.List;

/**
 * A pattern for one name of a path.
 *
 * @param parts the texts between the stars, one more than there are stars
 */
record NamePattern(List<String> parts) {

    static NamePattern of(String pattern) {
        return new NamePattern(List.of(pattern.split("\\*", -1)));
    }

    boolean isStarred() {
        return parts.size() > 1;
    }

    /** Matches each part at its first occurrence. That is enough: a later match leaves less for the following parts. */
    boolean is(String name) {
        if (!isStarred()) {
            return name.equals(parts.getFirst());
        }
        int at = parts.getFirst().length();
        int end = name.length() - parts.getLast().length();
        if (at > end || !name.startsWith(parts.getFirst()) || !name.endsWith(parts.getLast())) {
            return false;
        }
        for (String part : parts.subList(1, parts.size() - 1)) {
            int found = name.indexOf(part, at);
            if (found < 0 || found + part.length() > end) {
                return false;
            }
            at = found + part.length();
        }
        return true;
    }
}
