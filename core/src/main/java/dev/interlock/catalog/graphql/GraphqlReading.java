package dev.interlock.catalog.graphql;

import java.util.List;

/** The result of reading a GraphQL request. */
public sealed interface GraphqlReading {

    /**
     * The request has exactly one reading.
     *
     * @param requests one, or for a batch each of them in order; never empty
     * @param batch whether it was a JSON array, and must be sent as one
     */
    record GraphqlRequests(List<GraphqlRequest> requests, boolean batch) implements GraphqlReading {
        public GraphqlRequests {
            requests = List.copyOf(requests);
        }

        /** Returns the body to send, as canonical JSON. */
        public String body() {
            List<Value> bodies =
                    requests.stream().<Value>map(GraphqlRequest::members).toList();
            return (batch ? new Value.Items(bodies) : bodies.getFirst()).json();
        }
    }

    /**
     * The request has no reading, or more than one.
     *
     * @param next what to send instead, as a whole sentence
     */
    record GraphqlRejection(String reason, String next) implements GraphqlReading {}
}
