package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An argument that a server writes into the path of a request of its own, or into a statement. Such a path must lead
 * where the resources of the call say: {@code ../..} in a name could lead to another repository. A statement must stay
 * the one that the tool stands for: a quotation mark in the name of a table would end it.
 */
record SegmentRule(ArgumentPath path, Length length) {

    private static final String IDENTIFIER = ":identifier";

    private static final Pattern TEXT =
            Pattern.compile("([_A-Za-z][_A-Za-z0-9-]*(?:[.][_A-Za-z][_A-Za-z0-9-]*)*)([.]{3}|[*]|" + IDENTIFIER + ")?");

    private static final Pattern NAME = Pattern.compile("(?=.{1,200}$)[\\p{L}\\p{N}_$]+(?:[.-][\\p{L}\\p{N}_$]+)*");

    /** Ends of a path, and what is written otherwise in one. */
    private static final Pattern NOT_PLAIN = Pattern.compile("[\\\\%?#\\x00-\\x20\\x7f]");

    /** How many segments of a path an argument is, or a name in a statement. */
    enum Length {
        ONE,
        SEVERAL,
        /** The path of a file: it may begin or end with a slash, and the server encodes it. */
        FILE,
        /** The name of a table, a schema or the like. */
        IDENTIFIER
    }

    static SegmentRule parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "`" + text + "` is not an argument such as `owner`, `branch...`, `path*` or `table:identifier`");
        }
        return new SegmentRule(
                ArgumentPath.parse(matcher.group(1)),
                switch (matcher.group(2)) {
                    case null -> Length.ONE;
                    case "*" -> Length.FILE;
                    case IDENTIFIER -> Length.IDENTIFIER;
                    default -> Length.SEVERAL;
                });
    }

    /** Returns the argument that it is, or is in. */
    String argument() {
        return path.steps().getFirst();
    }

    String text() {
        return path
                + switch (length) {
                    case ONE -> "";
                    case SEVERAL -> "...";
                    case FILE -> "*";
                    case IDENTIFIER -> IDENTIFIER;
                };
    }

    /** Refuses {@code arguments} in which the argument could lead elsewhere. */
    void requireHere(Map<String, Value> arguments) {
        if (!path.each(arguments).stream().allMatch(this::staysHere)) {
            throw new UnreadableException(
                    length == Length.IDENTIFIER ? CatalogRefusals.STATEMENT_ARGUMENT : CatalogRefusals.PATH_ARGUMENT,
                    path);
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
                    case IDENTIFIER -> NAME.matcher(text).matches();
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
