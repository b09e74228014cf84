package dev.interlock.front.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class RequestTargetFuzzTest {

    /**
     * Only {@link UnreadableRequestException} may come out. An accepted target is written and read again as the same.
     */
    @FuzzTest
    void aTargetIsReadOnceOrRefused(byte[] input) {
        try {
            RequestTarget read = RequestTarget.read(new String(input, StandardCharsets.UTF_8));
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
