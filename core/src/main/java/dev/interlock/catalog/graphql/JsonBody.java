package dev.interlock.catalog.graphql;

/** Reads a whole body as one JSON value. */
public sealed interface JsonBody {

    /** The body is exactly one value. */
    record JsonDocument(Value value) implements JsonBody {}

    /**
     * The body is no JSON value, or readers would disagree on it.
     *
     * @param reason why, as a whole sentence
     * @param next what to send instead, as a whole sentence
     */
    record JsonRejection(String reason, String next) implements JsonBody {}

    /** Reads {@code body} in the strictest form of RFC 8259. It comes from an agent or from a provider's answer. */
    static JsonBody read(byte[] body) {
        try {
            return new JsonDocument(JsonReader.read(TextDecoding.utf8(body)));
        } catch (UnreadableGraphqlException e) {
            GraphqlReading.GraphqlRejection refused = e.refused();
            return new JsonRejection(refused.reason(), refused.next());
        }
    }
}
