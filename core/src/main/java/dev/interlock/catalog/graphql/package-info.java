/**
 * Reads GraphQL requests strictly, and writes them anew.
 *
 * <p>It takes bytes and returns records. It must not know any other package of ours: no provider, no policy, no HTTP.
 * What it hands out as meaning is read from the very text that it hands out to be sent, so that the two cannot differ.
 * Start with {@link dev.interlock.catalog.graphql.GraphqlReader}.
 */
@NullMarked
package dev.interlock.catalog.graphql;

import org.jspecify.annotations.NullMarked;
