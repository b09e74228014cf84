package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An argument that a server writes into the path of a request of its own. Such a path must lead where the resources of
 * the call say: {@code ../..} in a name could lead to another repository.
 */
record SegmentRule(String argument, Length length) {

    private static final Pattern TEXT = Pattern.compile("([_A-Za-z][_A-Za-z0-9-]*)(\\.\\.\\.|\\*)?");

    /** Ends of a path, and what is written otherwise in one. */
    private static final Pattern NOT_PLAIN = Pattern.compile("[\\\\%?#\\x00-\\x20\\x7f]");

    /** How many segments of a path an argument is. */
    enum Length {
        ONE,
        SEVERAL,
        /** The path of a file: it may begin or end with a slash, and the server encodes it. */
        FILE
    }

    static SegmentRule parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "`" + text + "` is not an argument such as `owner`, `branch...` or `path*`");
        }
        return new SegmentRule(
                matcher.group(1),
                switch (matcher.group(2)) {
                    case null -> Length.ONE;
                    case "*" -> Length.FILE;
                    default -> Length.SEVERAL;
                });
    }

    String text() {
        return argument
                + switch (length) {
                    case ONE -> "";
                    case SEVERAL -> "...";
                    case FILE -> "*";
                };
    }

    /** Refuses {@code arguments} in which the argument could lead elsewhere. */
    void requireHere(Map<String, Value> arguments) {
        Value given = arguments.get(argument);
        if (given != null && !ArgumentPath.opened(given).stream().allMatch(this::staysHere)) {
            throw new UnreadableException(CatalogRefusals.PATH_ARGUMENT, argument);
        }
    }

    private boolean staysHere(Value value) {
        if (value instanceof Value.NullLiteral) {
            return true;
        }
        String text = value.scalar().orElse("..");
        return text.isEmpty()
                || switch (length) {
                    case ONE -> isPlain(text) && text.indexOf('/') < 0;
                    case SEVERAL -> List.of(text.split("/", -1)).stream().allMatch(SegmentRule::isPlain);
                    case FILE ->
                        List.of(text.replaceAll("^/|/$", "").split("/", -1)).stream()
                                .noneMatch(SegmentRule::isDots);
                };
    }

    private static boolean isPlain(String segment) {
        return !segment.isEmpty()
                && !isDots(segment)
                && !NOT_PLAIN.matcher(segment).find();
    }

    private static boolean isDots(String segment) {
        return segment.equals(".") || segment.equals("..");
    }
}
