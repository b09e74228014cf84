/**
 * Reads GraphQL requests strictly, and writes them anew.
 *
 * <p>It takes bytes and returns records. It must not know any other package of this project: no provider, no policy, no
 * HTTP. The meaning it returns is read from the very text that it returns to be sent, so the two cannot differ. Start
 * with {@link dev.interlock.catalog.graphql.GraphqlReader}.
 */
@NullMarked
package dev.interlock.catalog.graphql;

import org.jspecify.annotations.NullMarked;
