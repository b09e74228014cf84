package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads what a peer sent. What is not understood is refused: a slip of the pen must not widen a request. */
final class Arguments {

    private Arguments() {}

    /**
     * The same {@code arguments}.
     *
     * @throws MalformedException if they hold more than {@code names}
     */
    static Json.Members only(Json.Members arguments, String... names) {
        return only(arguments, Set.of(names));
    }

    /**
     * The same {@code arguments}.
     *
     * @throws MalformedException if they hold more than {@code names}
     */
    static Json.Members only(Json.Members arguments, Set<String> names) {
        Set<String> known = new TreeSet<>(names);
        for (String name : arguments.members().keySet()) {
            if (!known.contains(name)) {
                throw new MalformedException("`" + printable(name) + "` is not among " + known);
            }
        }
        return arguments;
    }

    /**
     * The strings in the array {@code name}; empty if there is no such argument.
     *
     * @throws MalformedException if it is there and holds none, or something else
     */
    static Set<String> texts(Json.Members arguments, String name) {
        Optional<Json> given = arguments.get(name);
        Set<String> texts = new TreeSet<>();
        for (Json item : arguments.items(name)) {
            if (!(item instanceof Json.Text(String text))) {
                throw new MalformedException("`" + name + "` holds something that is not a string");
            }
            texts.add(text);
        }
        if (given.isPresent() && texts.isEmpty()) {
            throw new MalformedException("`" + name + "` names nothing");
        }
        return texts;
    }

    /** A peer chooses this text: it is cut and kept to what a log can show. */
    static String printable(String word) {
        String plain = word.replaceAll("[^a-z0-9._-]", "?");
        return plain.length() <= 40 ? plain : plain.substring(0, 40);
    }
}
