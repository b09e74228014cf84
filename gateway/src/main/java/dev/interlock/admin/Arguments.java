package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the arguments that a peer sent. Anything unexpected is refused: a typing error must not widen a request. */
final class Arguments {

    private Arguments() {}

    /**
     * Returns the same {@code arguments}.
     *
     * @throws MalformedException if there is another one than {@code names}
     */
    static Json.Members only(Json.Members arguments, String... names) {
        return only(arguments, Set.of(names));
    }

    /**
     * Returns the same {@code arguments}.
     *
     * @throws MalformedException if there is another one than {@code names}
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
     * Returns the strings in the array {@code name}; empty if there is no such argument.
     *
     * @throws MalformedException if it is there and empty, or holds something else
     */
    static Set<String> texts(Json.Members arguments, String name) {
        Optional<Json> given = arguments.get(name);
        Set<String> texts = new TreeSet<>();
        for (Json item : arguments.items(name)) {
            if (!(item instanceof Json.Text(String text))) {
                throw new MalformedException("`" + name + "` contains a value that is not a " + "string");
            }
            texts.add(text);
        }
        if (given.isPresent() && texts.isEmpty()) {
            throw new MalformedException("`" + name + "` names nothing");
        }
        return texts;
    }

    /** Returns a text that a peer chose, shortened and without characters that a log cannot show. */
    static String printable(String word) {
        String plain = word.replaceAll("[^a-z0-9._-]", "?");
        return plain.length() <= 40 ? plain : plain.substring(0, 40);
    }
}
