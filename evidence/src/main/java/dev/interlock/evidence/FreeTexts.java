package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The texts for people, such as a title, in a JSON body. A grant may leave them open from call to call; everything else
 * of the body is its {@code frame}, in which they are replaced.
 *
 * @param paths where they are; positions in arrays are left out
 */
public record FreeTexts(Set<String> paths, Json frame) {

    /** No API that we know lets such a text name what is touched. A name that is missing only costs a question. */
    private static final Set<String> NAMES =
            Set.of("body", "comment", "description", "message", "summary", "text", "title");

    /** Where the agent chooses the names, so that any value can have any of them. */
    private static final Set<String> NAMED_BY_AGENTS = Set.of("variables", "variable_values");

    /** How RFC 8785 spells what is between a name and its text. */
    private static final String NAMED = "\":\"";

    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,39}");
    private static final Json ANY = Json.object().with("any", "text");

    /** Maximum bytes of a body. Statements are shorter, and each call is read. */
    public static final int MAX_BODY = 32 * 1024;

    private static final int MAX_PATHS = 8;

    public FreeTexts {
        paths = Set.copyOf(paths);
    }

    /** Returns those of {@code body}; empty if it has none, or is not in RFC 8785 form. */
    public static Optional<FreeTexts> of(byte[] body) {
        if (body.length == 0 || body.length > MAX_BODY || !namesOne(new String(body, StandardCharsets.ISO_8859_1))) {
            return Optional.empty();
        }
        try {
            Set<String> paths = new TreeSet<>();
            Json frame = frame(Json.read(body), "", "", paths);
            return paths.isEmpty() || paths.size() > MAX_PATHS
                    ? Optional.empty()
                    : Optional.of(new FreeTexts(paths, frame));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /** Returns whether a text has one of the names. What lacks that need not be read. */
    private static boolean namesOne(String body) {
        int end = body.indexOf(NAMED);
        while (end >= 0 && !NAMES.contains(body.substring(body.lastIndexOf('"', end - 1) + 1, end))) {
            end = body.indexOf(NAMED, end + 1);
        }
        return end >= 0;
    }

    /** Returns whether the argument at {@code path} may be such a text, by its name. */
    public static boolean isAt(String path) {
        return NAMES.contains(path.substring(path.lastIndexOf('.') + 1));
    }

    private static Json frame(Json value, String in, String name, Set<String> paths) {
        if (value instanceof Json.Members object) {
            Map<String, Json> framed = new TreeMap<>();
            object.members()
                    .forEach((member, inner) ->
                            framed.put(member, frame(inner, member, NAMED_BY_AGENTS.contains(name), in, paths)));
            return new Json.Members(framed);
        }
        if (value instanceof Json.Array array) {
            return new Json.Array(array.items().stream()
                    .map(item -> frame(item, in, name, paths))
                    .toList());
        }
        return value;
    }

    private static Json frame(Json value, String member, boolean isNamedByAgent, String in, Set<String> paths) {
        if (!WORD.matcher(member).matches()) {
            return value;
        }
        String path = in.isEmpty() ? member : in + "." + member;
        // An empty text may mean that something is taken away.
        if (value instanceof Json.Text text
                && NAMES.contains(member)
                && !isNamedByAgent
                && !text.value().isBlank()) {
            paths.add(path);
            return ANY;
        }
        return frame(value, path, member, paths);
    }
}
