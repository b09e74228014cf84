package dev.interlock.catalog;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The content of a catalog file of a REST provider.
 *
 * @param name the provider's name, as resources and operations write it
 * @param carriers where credentials may travel
 * @param forwarded the header fields that go upstream, lower case
 * @param fixed header fields that go upstream with one value only: the file describes the provider under this value
 * @param wholeNumbers path parameters that are digits
 * @param noColons what holds no colon, behind which it would name something elsewhere
 * @param ignoresCase types of resources that the provider compares without regard to case
 * @param resources how the identifier of each type is made of path parameters
 * @param holdsData types of resources that hold data
 * @param otherNames path parameters that name one thing in two ways, and what the second looks like
 * @param elsewhere paths that are known and not read by this catalog, with the reason
 * @param operations in the file's order
 */
record RestKnowledge(
        String name,
        Carriers carriers,
        Set<String> forwarded,
        Map<String, String> fixed,
        Set<String> wholeNumbers,
        List<NoColon> noColons,
        Set<String> ignoresCase,
        Set<String> holdsData,
        List<ResourceName> resources,
        Map<String, OtherName> otherNames,
        Map<String, String> elsewhere,
        Map<String, RestEntry> operations) {

    /**
     * A second way of naming, which no pattern of the first must place.
     *
     * @param like what an identifier of this way looks like
     * @param type the type that it is of
     */
    record OtherName(Pattern like, String type) {}
}
