package dev.interlock.catalog;

import dev.interlock.action.Resource;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The content of the catalog file of a REST provider.
 *
 * @param fixed header fields that go upstream with one value only; the file describes the provider under this value
 * @param colons values that may name other owners before a colon
 * @param resources how the identifier of each type is made of path parameters
 * @param otherNames path parameters that name one thing in two ways, and the form of the second
 * @param elsewhere paths that the provider has and this catalog does not read, with the reason
 * @param storage hosts of the provider's own storage, to which it redirects
 * @param pages how it names further pages of lists
 * @param anyHost whether it describes every host that is no upstream of its own; {@code {host}} is then a parameter of
 *     each request, and a request has any query parameters
 */
record RestCatalog(
        CatalogHead head,
        Map<String, String> fixed,
        Set<String> wholeNumbers,
        List<ColonRule> colons,
        List<ResourceName> resources,
        Map<String, AlternativeName> otherNames,
        Map<String, String> elsewhere,
        List<StorageHost> storage,
        List<PagePrefix> pages,
        boolean anyHost,
        Map<String, RestOperation> operations) {

    /** The parameter that names the host that is asked. */
    static final String HOST = "host";

    String name() {
        return head.name();
    }

    /** A second way to name a resource of {@code type}. A pattern for its first names must not match these. */
    record AlternativeName(Pattern like, String type) {}

    /**
     * A value that may name other owners, each before a colon, as {@code main...other:main} or {@code other:shop:main}
     * does. What the request touches of theirs is not known, so it touches them.
     *
     * @param path a path parameter, or a path into the body
     * @param type the type of the owners
     * @param own the path parameter that may stand before a single colon, in any case: then the value stays where the
     *     request is
     */
    record ColonRule(ArgumentPath path, String type, String own) {

        private static final Pattern TEXT =
                Pattern.compile("(\\S+) names ([a-z][a-z0-9-]*) unless ([A-Za-z_][A-Za-z0-9_-]*)");

        private static final Pattern NAMING = Pattern.compile("([A-Za-z0-9_-]+)(:[A-Za-z0-9._-]+)?:((?!\\.\\.)[^:])+");

        static ColonRule parse(String text) {
            Matcher matcher = TEXT.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "`" + text + "` is not a text such as `body.head names org unless owner`");
            }
            return new ColonRule(ArgumentPath.parse(matcher.group(1)), matcher.group(2), matcher.group(3));
        }

        boolean isOfBody() {
            return path.steps().getFirst().equals("body");
        }

        /** Returns the other owners of {@code provider} that a request names. */
        Set<Resource> owners(String provider, Map<String, String> parameters, Map<String, Value> arguments) {
            Set<Resource> owners = new HashSet<>();
            for (Value value : path.each(arguments)) {
                String text =
                        value instanceof Value.NullLiteral ? "" : value.scalar().orElse(":");
                for (String side : text.contains(":") ? text.split("\\.\\.\\.", -1) : new String[0]) {
                    Matcher naming = NAMING.matcher(side);
                    if (side.contains(":") ? !naming.matches() : side.contains("..")) {
                        throw new UnreadableException(
                                "`" + path + "` has a colon, and does not say in a known way whose branch it names.",
                                "Name it as `branch` or `owner:branch`.");
                    }
                    if (side.contains(":")
                            && (naming.group(2) != null || !naming.group(1).equalsIgnoreCase(parameters.get(own)))) {
                        owners.add(new Resource(provider, type, naming.group(1)));
                    }
                }
            }
            return owners;
        }
    }
}
