package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Whether the members of what nobody lists are named so that every reader finds the same ones: Go's find them whatever
 * their case, and protobuf's take {@code expiresAt} for {@code expires_at}.
 */
final class Spelling {

    private Spelling() {}

    /**
     * Refuses a member that some readers would take for one that lies on a path of {@code looked}, and we would not.
     */
    static void requireExact(Collection<Path> looked, Map<String, Value> arguments) {
        requireExact(
                new Value.Members(arguments), looked.stream().map(Path::steps).toList());
    }

    /** {@code ways} lead on from {@code value}. */
    private static void requireExact(Value value, List<List<String>> ways) {
        switch (value) {
            case Value.Items items -> items.items().forEach(item -> requireExact(item, ways));
            case Value.Members members ->
                members.members().forEach((name, member) -> {
                    requireExact(name, ways);
                    List<List<String>> further = after(name, ways);
                    if (!further.isEmpty()) {
                        requireExact(member, further);
                    }
                });
            case Value.Nothing _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _, Value.File _ -> {}
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
                    throw new NotKnownException(
                            "The argument " + NotKnownException.shown(name) + " is spelled almost like `" + step
                                    + "`, and servers differ in whether they take it for that.",
                            "Send it as `" + step + "`, or leave it out.");
                });
    }

    private static List<List<String>> after(String name, List<List<String>> ways) {
        return ways.stream()
                .filter(way -> way.size() > 1)
                .filter(way -> way.getFirst().equals(name) || way.getFirst().equals(Path.ANY))
                .map(way -> way.subList(1, way.size()))
                .toList();
    }

    /** Whether the two differ in nothing but case and the marks between words. */
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

    /** As {@link String#equalsIgnoreCase}: with the letters far away that have the same capital, as a long s. */
    private static boolean areAlike(char one, char other) {
        char capital = Character.toUpperCase(one);
        char otherCapital = Character.toUpperCase(other);
        return capital == otherCapital || Character.toLowerCase(capital) == Character.toLowerCase(otherCapital);
    }
}
