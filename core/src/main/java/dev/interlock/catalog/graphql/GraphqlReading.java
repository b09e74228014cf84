package dev.interlock.catalog.graphql;

import dev.interlock.action.Bytes;
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

        /** Returns the body to send, as canonical JSON, with {@code null} in place of each file. */
        public String body() {
            return whole().json();
        }

        private Value whole() {
            List<Value> bodies =
                    requests.stream().<Value>map(GraphqlRequest::members).toList();
            return batch ? new Value.Items(bodies) : bodies.getFirst();
        }

        /** Returns the body and type to send: JSON, unless there are files. */
        public OutgoingBody sent() {
            Value whole = whole();
            if (Uploads.in(whole).isEmpty()) {
                return new OutgoingBody("application/json", Bytes.utf8(whole.json()));
            }
            MultipartBody parts = Uploads.write(whole);
            String boundary = parts.boundary();
            return new OutgoingBody("multipart/form-data; boundary=" + boundary, Bytes.of(parts.written(boundary)));
        }
    }

    /** A body and its content type. */
    record OutgoingBody(String type, Bytes body) {}

    /**
     * The request has no reading, or more than one.
     *
     * @param next what to send instead, as a whole sentence
     */
    record GraphqlRejection(String reason, String next) implements GraphqlReading {}
}
