package dev.interlock.catalog.graphql;

import dev.interlock.action.RefusalText;

/**
 * Ends a reading from deep inside a parser. {@link GraphqlReader} turns it into a value; it never leaves the package.
 */
final class UnreadableGraphqlException extends RuntimeException {

    private final String reason;
    private final String next;

    UnreadableGraphqlException(RefusalText text, Object... values) {
        this(text.with(values).reason(), text.with(values).next());
    }

    UnreadableGraphqlException(String reason, String next) {
        super(reason, null, false, false); // no stack trace: an agent decides how often this is thrown
        this.reason = reason;
        this.next = next;
    }

    GraphqlReading.GraphqlRejection refused() {
        return new GraphqlReading.GraphqlRejection(reason, next);
    }
}
