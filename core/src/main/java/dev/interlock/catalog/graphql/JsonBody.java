package dev.interlock.catalog.graphql;

/** Reads a whole body as one JSON value. */
public sealed interface JsonBody {

    /** It is exactly one value. */
    record Understood(Value value) implements JsonBody {}

    /**
     * It is none, or more than one reader would agree on.
     *
     * @param reason why, as a whole sentence
     * @param next what to send instead, as a whole sentence
     */
    record Refused(String reason, String next) implements JsonBody {}

    /** Reads {@code body}, which an agent sent or a provider answered, in the strictest form of RFC 8259. */
    static JsonBody read(byte[] body) {
        try {
            return new Understood(JsonReader.read(Characters.utf8(body)));
        } catch (UnreadableException e) {
            GraphqlReading.Refused refused = e.refused();
            return new Refused(refused.reason(), refused.next());
        }
    }
}
