package dev.interlock.catalog;

import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Checks member names of open values, so that every reader finds the same members. Go's readers ignore case, and
 * protobuf's take {@code expiresAt} for {@code expires_at}.
 */
final class MemberSpelling {

    private MemberSpelling() {}

    /**
     * Refuses a member that some readers would take for one on a path of {@code looked}, while this gateway would not.
     */
    static void requireExact(Collection<ArgumentPath> looked, Map<String, Value> arguments) {
        requireExact(
                new Value.Members(arguments),
                looked.stream().map(ArgumentPath::steps).toList());
    }

    private static void requireExact(Value value, List<List<String>> ways) {
        if (value instanceof Value.Items(var items)) {
            items.forEach(item -> requireExact(item, ways));
        } else if (value instanceof Value.Members(var members) && !ways.isEmpty()) {
            members.forEach((name, member) -> {
                requireExact(name, ways);
                requireExact(
                        member,
                        ArgumentPath.after(name, ways).stream()
                                .filter(way -> !way.isEmpty())
                                .toList());
            });
        }
    }

    private static void requireExact(String name, List<List<String>> ways) {
        if (ways.stream().anyMatch(way -> way.getFirst().equals(name))) {
            return;
        }
        ways.stream()
                .map(List::getFirst)
                .filter(step -> areAlike(step, name))
                .findFirst()
                .ifPresent(step -> {
                    throw new UnreadableException(CatalogRefusals.SPELLING, VisibleText.shown(name), step);
                });
    }

    /** Returns whether the two differ in nothing but case and the marks between words. */
    static boolean areAlike(String one, String other) {
        int i = 0;
        int j = 0;
        while (true) {
            i = pastMarks(one, i);
            j = pastMarks(other, j);
            if (i == one.length() || j == other.length()) {
                return i == one.length() && j == other.length();
            }
            if (!areAlike(one.charAt(i++), other.charAt(j++))) {
                return false;
            }
        }
    }

    private static int pastMarks(String name, int from) {
        int at = from;
        while (at < name.length() && (name.charAt(at) == '_' || name.charAt(at) == '-')) {
            at++;
        }
        return at;
    }

    // As String.equalsIgnoreCase does: distant letters with the same capital are alike, such as a long s.
    private static boolean areAlike(char one, char other) {
        char capital = Character.toUpperCase(one);
        char otherCapital = Character.toUpperCase(other);
        return capital == otherCapital || Character.toLowerCase(capital) == Character.toLowerCase(otherCapital);
    }
}
