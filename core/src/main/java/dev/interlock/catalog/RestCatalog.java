package dev.interlock.catalog;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The content of the catalog file of a REST provider.
 *
 * @param fixed header fields that go upstream with one value only; the file describes the provider under this value
 * @param noColons values that must hold no colon, because it could name something elsewhere
 * @param resources how the identifier of each type is made of path parameters
 * @param otherNames path parameters that name one thing in two ways, and the form of the second
 * @param elsewhere paths that the provider has and this catalog does not read, with the reason
 * @param storage hosts of the provider's own storage, to which it redirects
 * @param pages how it names further pages of lists
 */
record RestCatalog(
        CatalogHead head,
        Map<String, String> fixed,
        Set<String> wholeNumbers,
        List<ColonRule> noColons,
        List<ResourceName> resources,
        Map<String, AlternativeName> otherNames,
        Map<String, String> elsewhere,
        List<StorageHost> storage,
        List<PagePrefix> pages,
        Map<String, RestOperation> operations) {

    String name() {
        return head.name();
    }

    /** A second way to name a resource of {@code type}. A pattern for its first names must not match these. */
    record AlternativeName(Pattern like, String type) {}

    /**
     * A value that could name something elsewhere by a colon, as {@code main...other:main} or, in a body,
     * {@code other:main}.
     *
     * @param path a path parameter, or a path into the body
     * @param after the path parameter that may stand before the one colon, in any case: then the value stays where the
     *     request is
     */
    record ColonRule(ArgumentPath path, Optional<String> after) {

        private static final Pattern TEXT = Pattern.compile("(\\S+?)(?: after ([A-Za-z_][A-Za-z0-9_-]*))?");

        static ColonRule parse(String text) {
            Matcher matcher = TEXT.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("`" + text
                        + "` is not a parameter such as `basehead`, or a path such as `body.head after owner`");
            }
            return new ColonRule(ArgumentPath.parse(matcher.group(1)), Optional.ofNullable(matcher.group(2)));
        }

        boolean isOfBody() {
            return path.steps().getFirst().equals("body");
        }

        void requireNone(Map<String, String> parameters, Map<String, Value> arguments) {
            if (path.each(arguments).stream().anyMatch(value -> leadsAway(value, parameters))) {
                throw new UnreadableException(
                        "`" + path + "` contains a colon, so it may refer to another repository or owner.",
                        after.isPresent()
                                ? "Push the branch to this repository, and send only its name."
                                : "Send the request to the repository that it is in.");
            }
        }

        private boolean leadsAway(Value value, Map<String, String> parameters) {
            if (value instanceof Value.NullLiteral) {
                return false;
            }
            List<String> parts = List.of(value.scalar().orElse(":").split(":", -1));
            boolean isHere = parts.size() == 2
                    && after.map(parameters::get)
                            .filter(name -> name.equalsIgnoreCase(parts.getFirst()))
                            .isPresent();
            return parts.size() > 1 && !isHere;
        }
    }
}
