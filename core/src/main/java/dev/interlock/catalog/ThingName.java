package dev.interlock.catalog;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a request touches inside its resources, as far as the provider's own names say it: a path's
 * {@code /labels/{name}} is a label, and a tool {@code delete_note} with an argument {@code note_id} deletes a note.
 */
final class ThingName {

    private static final Map<String, String> WORDS =
            Map.of("pulls", "pull request", "contents", "file", "caches", "cache", "projectsV2", "project");

    /** Arguments that name what a tool is about, if they do not have its name themselves. */
    private static final List<String> NAMING = List.of("id", "name", "path", "key", "slug", "uri", "url");

    private static final Set<String> DOING = Set.of(
            "create add post send publish upload invite merge set update edit modify replace rename move transfer approve close reopen cancel enable disable lock unlock remove delete drop destroy archive write save upsert reply"
                    .split(" "));

    private static final Pattern SEPARATOR = Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])");

    private ThingName() {}

    /**
     * Returns the things in {@code path}, the innermost first: each parameter behind a plain segment that is no part of
     * a resource. If the path ends with a plain segment in the plural, that is what the last of them has. A deletion is
     * of that segment in the singular too, as of a branch's {@code /protection}: the branch stays.
     *
     * @param isDeletion whether the method is DELETE
     * @param isOfResource whether a parameter is part of the name of a resource
     */
    static List<Thing> of(PathTemplate path, boolean isDeletion, Predicate<String> isOfResource) {
        Deque<Thing> things = new ArrayDeque<>();
        String before = "";
        for (PathTemplate.Step step : path.steps()) {
            boolean isLiteral = step.kind() == PathTemplate.StepKind.LITERAL;
            if (!isLiteral && !before.isEmpty() && !isOfResource.test(step.name())) {
                things.addFirst(
                        new Thing(kind(before, step.name()), Optional.of(new ArgumentPath(List.of(step.name())))));
            }
            before = isLiteral ? step.text() : "";
        }
        if (isDeletion ? !before.isEmpty() : isPlural(before)) {
            things.addFirst(new Thing(words(before).stream().collect(Collectors.joining(" ")), Optional.empty()));
        }
        return things.stream().limit(2).toList();
    }

    record Thing(String kind, Optional<ArgumentPath> named) {}

    /** Returns what the tool {@code name} with {@code arguments} is about; empty if its name does not say it. */
    static Optional<Thing> ofTool(String name, Set<String> arguments) {
        List<String> words = words(name);
        int verb = words.stream()
                .filter(DOING::contains)
                .findFirst()
                .map(words::indexOf)
                .orElse(-1);
        List<String> noun = verb < 0 ? List.of() : words.subList(verb + 1, words.size());
        if (noun.isEmpty() || noun.size() > 3 || name.contains("/")) {
            return Optional.empty();
        }
        String last = singular(noun.getLast());
        Optional<String> named = Stream.concat(
                        Stream.of(
                                last, last + "id", last + "name", String.join("", noun), String.join("", noun) + "id"),
                        NAMING.stream())
                .flatMap(wanted -> arguments.stream()
                        .filter(argument -> String.join("", words(argument)).equals(wanted)))
                .findFirst();
        String kind = Stream.concat(noun.stream().limit(noun.size() - 1L), Stream.of(last))
                .collect(Collectors.joining(" "));
        return kind.matches("[a-z][a-z ]*")
                ? Optional.of(new Thing(kind, named.map(argument -> new ArgumentPath(List.of(argument)))))
                : Optional.empty();
    }

    private static List<String> words(String name) {
        return Arrays.stream(SEPARATOR.split(name))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static boolean isPlural(String segment) {
        return segment.endsWith("s") && !segment.endsWith("ss");
    }

    /** Returns what {@code parameter} names: a word in the singular before it may say of what kind the thing is. */
    private static String kind(String segment, String parameter) {
        boolean isOwn = segment.matches("[a-z]+") && !isPlural(segment) && parameter.contains("_");
        return isOwn ? kind(parameter.replaceFirst("_(id|name|slug|number)$", "")) : kind(segment);
    }

    private static String kind(String segment) {
        String known = WORDS.get(segment);
        return known != null ? known : singular(segment.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", " "));
    }

    private static String singular(String word) {
        return word.endsWith("ies")
                ? word.substring(0, word.length() - 3) + "y"
                : word.matches(".*(ch|sh|x|ss)es")
                        ? word.substring(0, word.length() - 2)
                        : word.endsWith("s") && !word.matches(".*(ss|us|is)")
                                ? word.substring(0, word.length() - 1)
                                : word;
    }
}
