package dev.interlock.catalog;

import java.util.Set;

/**
 * The places where credentials may travel at a provider.
 *
 * @param headers header field names, lower case
 * @param query query parameter names
 * @param cookies cookie names
 */
public record CarrierNames(Set<String> headers, Set<String> query, Set<String> cookies) {
    public CarrierNames {
        headers = Set.copyOf(headers);
        query = Set.copyOf(query);
        cookies = Set.copyOf(cookies);
    }
}
