package dev.interlock.catalog;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The content of the catalog file of a GraphQL provider.
 *
 * @param name the provider's name, as resources and operations write it
 * @param endpoints the paths where GraphQL is answered
 * @param carriers where credentials may travel
 * @param forwarded the header fields that go upstream, lower case
 * @param labels fields that only name a thing, and may be read of anything that a selection leads to
 * @param ignoresCase types of resources that the provider compares without regard to case
 * @param holdsData types of resources that hold data
 * @param shapes the provider's schema
 * @param secrets which fields carry secrets
 * @param queries by name
 * @param mutations by name
 */
record GraphqlCatalog(
        String name,
        Set<String> endpoints,
        CarrierNames carriers,
        Set<String> forwarded,
        Set<String> labels,
        IgnoredCase ignoresCase,
        Set<String> holdsData,
        ProviderSchema shapes,
        SecretFields secrets,
        Map<String, CatalogEntry> queries,
        Map<String, CatalogEntry> mutations) {

    /** Returns the types of the resources that operations may touch. */
    Set<String> resourceTypes() {
        return Stream.concat(queries.values().stream(), mutations.values().stream())
                .flatMap(entry -> entry.types().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
