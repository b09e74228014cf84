package dev.interlock.catalog;

import java.util.Map;
import java.util.Set;

/**
 * The content of the catalog file of a GraphQL provider.
 *
 * @param name the provider's name, as resources and operations write it
 * @param endpoints the paths where GraphQL is answered
 * @param carriers where credentials may travel
 * @param forwarded the header fields that go upstream, lower case
 * @param labels fields that only name a thing, and may be read of anything that a selection leads to
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
        Set<String> holdsData,
        ProviderSchema shapes,
        SecretFields secrets,
        Map<String, CatalogEntry> queries,
        Map<String, CatalogEntry> mutations) {}
