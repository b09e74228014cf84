package dev.interlock.front.http;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

class RequestTargetFuzzTest {

    /**
     * Only {@link UnreadableRequestException} may come out. An accepted target is written and read again as the same.
     */
    @FuzzTest
    void aTargetIsReadOnceOrRefused(FuzzedDataProvider data) {
        try {
            RequestTarget read = RequestTarget.read(data.consumeRemainingAsString());
            String written = RequestTarget.write(read.path(), read.query());
            RequestTarget again = RequestTarget.read("/" + read.upstream() + written);
            if (!again.equals(read)) {
                throw new AssertionError("`" + read + "` was read again as `" + again + "`");
            }
        } catch (UnreadableRequestException e) {
            // refused
        }
    }
}
