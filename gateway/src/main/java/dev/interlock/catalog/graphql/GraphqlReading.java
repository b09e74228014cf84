package dev.interlock.catalog.graphql;

import java.util.List;

/** What came of reading a GraphQL request. */
public sealed interface GraphqlReading {

    /**
     * It has exactly one reading.
     *
     * @param requests one, or for a batch each of them in order; never empty
     * @param batch whether it was a JSON array, and must be sent as one
     */
    record Understood(List<Request> requests, boolean batch) implements GraphqlReading {
        public Understood {
            requests = List.copyOf(requests);
        }

        /** The body to send, as canonical JSON. */
        public String body() {
            List<Value> bodies = requests.stream().<Value>map(Request::members).toList();
            return batch ? new Value.Items(bodies).json() : bodies.getFirst().json();
        }
    }

    /**
     * It has none, or more than one.
     *
     * @param reason why, as a whole sentence
     * @param next what to send instead, as a whole sentence
     */
    record Refused(String reason, String next) implements GraphqlReading {}
}
