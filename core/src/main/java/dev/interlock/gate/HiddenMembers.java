package dev.interlock.gate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The members of a provider's answers that carry a secret beside what was asked for, such as a token in each repository
 * that an answer lists. Their texts become stars, so that no answer gets longer. Threading: immutable.
 */
final class HiddenMembers {

    private static final byte STAR = '*';

    private final List<String> names;

    private HiddenMembers(List<String> names) {
        this.names = names;
    }

    static HiddenMembers of(Set<String> names) {
        return new HiddenMembers(List.copyOf(names));
    }

    /**
     * Writes stars over the texts of these members in {@code text}, a part of an answer in JSON. The JSON may stand in
     * a text of another one, as a tool's result does: its quotes then have backslashes.
     */
    void starOut(byte[] text) {
        if (names.isEmpty()) {
            return;
        }
        String all = new String(text, StandardCharsets.ISO_8859_1);
        for (String name : names) {
            for (int at = all.indexOf(name); at >= 0; at = all.indexOf(name, at + 1)) {
                starOut(text, all, at, at + name.length());
            }
        }
    }

    private static void starOut(byte[] text, String all, int from, int to) {
        int level = backslashes(all, to);
        int colon = blanks(all, to + level + 1);
        if (from == 0 || all.charAt(from - 1) != '"' || !is(all, to + level, '"') || !is(all, colon, ':')) {
            return;
        }
        int open = blanks(all, colon + 1);
        int value = open + level + 1;
        if (backslashes(all, open) != level || !is(all, value - 1, '"')) {
            return; // null, or a value of another kind
        }
        int end = all.indexOf('"', value);
        while (end >= 0 && backslashesBefore(all, end) > level) {
            end = all.indexOf('"', end + 1);
        }
        Arrays.fill(text, value, end < 0 ? text.length : end - level, STAR);
    }

    private static boolean is(String all, int at, char wanted) {
        return at < all.length() && all.charAt(at) == wanted;
    }

    private static int backslashes(String all, int from) {
        int at = from;
        while (is(all, at, '\\')) {
            at++;
        }
        return at - from;
    }

    private static int backslashesBefore(String all, int to) {
        int at = to;
        while (at > 0 && all.charAt(at - 1) == '\\') {
            at--;
        }
        return to - at;
    }

    private static int blanks(String all, int from) {
        int at = from;
        while (at < all.length() && all.charAt(at) <= ' ') {
            at++;
        }
        return at;
    }
}
