package dev.interlock.catalog;

import dev.interlock.action.Resource;

/**
 * A question to the provider about one thing. Without its answer, a call counts as the worst that it can be.
 *
 * @param name one of the catalog's {@code questions}
 * @param about the thing, as the call names it
 */
public record ProviderQuestion(String name, Resource about) {}
