package dev.interlock.setup;

import dev.interlock.setup.ToolArgument.Kind;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Which arguments of a stranger's tool seem to name what it touches. */
final class ToolPlaces {

    private static final Set<String> NAMING =
            Set.of("id", "key", "slug", "uuid", "number", "identifier", "iid", "name");

    private static final Set<String> WHOLE =
            Set.of("all", "everything", "data", "content", "whole", "entire", "completely", "permanently");

    private ToolPlaces() {}

    /** Returns such arguments, each with what a catalog says of the resource: a type, or the form of its identifier. */
    static Map<String, String> of(ListedTool tool) {
        List<String> words = Words.split(tool.name());
        Map<String, String> places = new LinkedHashMap<>();
        Set<String> code = ArgumentJudgement.code(tool).collect(Collectors.toSet());
        for (ToolArgument argument : tool.arguments()) {
            if (!code.contains(argument.name())
                    && (argument.kind() == Kind.TEXT || argument.kind() == Kind.NUMBER)
                    && argument.choices().isEmpty()) {
                type(Words.split(argument.name()), words)
                        .ifPresent(type -> places.put(argument.name(), form(type, tool)));
            }
        }
        return places;
    }

    private static String form(String type, ListedTool tool) {
        return type.matches("repo|repository")
                        && tool.arguments().stream()
                                .anyMatch(argument -> argument.name().equals("owner") && argument.isRequired())
                ? type + "/{owner}/*"
                : type;
    }

    private static Optional<String> type(List<String> own, List<String> words) {
        if (own.isEmpty()) {
            return Optional.empty();
        }
        boolean isNaming = NAMING.contains(own.getLast());
        if (own.size() > 1) {
            List<String> thing = own.subList(0, own.size() - 1);
            boolean isPage = own.equals(List.of("page", "number"));
            return isNaming && !isPage && thing.stream().noneMatch(Words.of("no-places")::contains)
                    ? typed(Words.singular(String.join("-", thing)))
                    : Optional.empty();
        }
        String word = Words.singular(own.getFirst());
        boolean makes = verb(words).filter(Words.of("adds")::contains).isPresent();
        if (isNaming) {
            List<String> things = things(words);
            boolean isName = word.equals("name") || word.equals("number");
            return things.size() == 1 && !(makes && isName) ? typed(things.getFirst()) : Optional.empty();
        }
        // What is added or edited is given, not named: `add_note {note}`.
        boolean isGiven =
                makes || verb(words).filter(Words.of("edits")::contains).isPresent();
        return Words.of("places").contains(word) || (things(words).contains(word) && !isGiven)
                ? typed(word)
                : Optional.empty();
    }

    /**
     * Returns whether {@code naming}, of an argument of {@code tool}, may be what the tool's name says that it acts on:
     * in {@code purge}, and in {@code delete_all}, it may be anything.
     */
    static boolean isOwn(String naming, ListedTool tool) {
        List<String> things = things(Words.split(tool.name()));
        return things.isEmpty()
                || !Collections.disjoint(things, WHOLE)
                || things.containsAll(List.of(naming.replaceFirst("/.*", "").split("-", -1)));
    }

    private static Optional<String> verb(List<String> words) {
        return words.stream().filter(ToolJudgement::isVerb).findFirst();
    }

    private static List<String> things(List<String> words) {
        Optional<String> verb = verb(words);
        return words.stream()
                .filter(word -> verb.filter(word::equals).isEmpty() && !word.matches("and|or|a|an|the|api|by"))
                .map(Words::singular)
                .toList();
    }

    private static Optional<String> typed(String type) {
        return Optional.of(type).filter(text -> text.matches("[a-z][a-z0-9-]*"));
    }
}
