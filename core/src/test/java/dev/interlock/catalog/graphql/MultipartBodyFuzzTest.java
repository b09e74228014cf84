package dev.interlock.catalog.graphql;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes the reader: no exception may come out, and its output reads as the same. */
class MultipartBodyFuzzTest {

    private final GraphqlReader reader = new GraphqlReader();

    @FuzzTest(maxDuration = "45s")
    void multipart(byte[] body) {
        if (reader.multipart("multipart/form-data; boundary=X", body)
                instanceof GraphqlReading.GraphqlRequests understood) {
            GraphqlReading.OutgoingBody sent = understood.sent();
            GraphqlReading again = sent.type().startsWith("multipart/")
                    ? reader.multipart(sent.type(), sent.body().toArray())
                    : reader.post(sent.body().toArray());
            if (!again.equals(understood)) {
                throw new IllegalStateException("written and read again, it is another request");
            }
        }
    }
}
