package dev.interlock.catalog;

import dev.interlock.action.Resource;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kind of resource that an identifier among the arguments names. Examples: {@code image},
 * {@code branch/{project_id}/*}, {@code image outside system-images}.
 *
 * @param before the text before the identifier, with arguments in braces; usually empty
 * @param common names that everybody uses and nobody owns; these are no resources
 */
record ResourceNaming(String type, String before, Optional<WordList> common) {

    private static final Pattern TEXT = Pattern.compile(
            "([a-z][a-z0-9-]*)(?:/((?:\\{[A-Za-z_][A-Za-z0-9_-]*}/)+)\\*)?(?: outside ([a-z][a-z0-9-]*))?");
    private static final Pattern PART = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}");

    static ResourceNaming parse(String text, Function<String, WordList> lists) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "must be a resource type in lower case, optionally with a prefix of the identifier, such as `branch/{project}/*`, and with names that do not belong to it, such as `image outside system-images`");
        }
        String before = Optional.ofNullable(matcher.group(2)).orElse("");
        return new ResourceNaming(
                matcher.group(1), before, Optional.ofNullable(matcher.group(3)).map(lists));
    }

    /** Returns the arguments in {@link #before}. */
    List<ArgumentPath> parts() {
        return PART.matcher(before)
                .results()
                .map(part -> new ArgumentPath(List.of(part.group(1))))
                .toList();
    }

    Optional<Resource> resource(String provider, String identifier, Map<String, Value> arguments) {
        if (common.filter(names -> names.matchInLowerCase(identifier)).isPresent()) {
            return Optional.empty();
        }
        StringBuilder id = new StringBuilder();
        for (ArgumentPath part : parts()) {
            Value value = part.in(arguments).stream().findFirst().orElse(new Value.NullLiteral());
            id.append(AppliedEntry.identifier(value, part.toString())).append('/');
        }
        return Optional.of(new Resource(provider, type, id + identifier));
    }
}
