package dev.interlock.catalog;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The content of the catalog file of a REST provider.
 *
 * @param name the provider's name, as resources and operations write it
 * @param carriers where credentials may travel
 * @param forwarded the header fields that go upstream, lower case
 * @param fixed header fields that go upstream with one value only; the file describes the provider under this value
 * @param wholeNumbers path parameters that are digits
 * @param noColons values that must hold no colon, because it could name something elsewhere
 * @param ignoresCase types of resources that the provider compares without regard to case
 * @param resources how the identifier of each type is made of path parameters
 * @param holdsData types of resources that hold data
 * @param otherNames path parameters that name one thing in two ways, and the form of the second
 * @param elsewhere paths that the provider has and this catalog does not read, with the reason
 * @param storage hosts of the provider's own storage, to which it redirects
 * @param operations in the file's order
 */
record RestCatalog(
        String name,
        CarrierNames carriers,
        Set<String> forwarded,
        Map<String, String> fixed,
        Set<String> wholeNumbers,
        List<ColonRule> noColons,
        IgnoredCase ignoresCase,
        Set<String> holdsData,
        List<ResourceName> resources,
        Map<String, AlternativeName> otherNames,
        Map<String, String> elsewhere,
        List<StorageHost> storage,
        Map<String, RestOperation> operations) {

    /**
     * A second way to name a resource. A pattern for its first names must not match these.
     *
     * @param like the form of such an identifier
     * @param type the type of resource it names
     */
    record AlternativeName(Pattern like, String type) {}
}
