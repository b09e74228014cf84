package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Header;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;

class AnswerHeadFuzzTest {

    /** Only {@link IOException} may come out, and nothing that would be more than one line of HTTP/1.1. */
    @FuzzTest
    void headsAreReadOrRefused(FuzzedDataProvider data) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        while (data.remainingBytes() > 0) {
            fields.add(
                    data.pickValue(new String[] {":status", "content-length", data.consumeString(8)}),
                    data.consumeString(16));
        }
        try {
            AnswerHead head = AnswerHead.read(fields);
            assertThat(head.status()).isBetween(100, 599);
            for (Header header : head.headers()) {
                assertThat(header.name() + header.value()).doesNotContain("\r", "\n", "\0");
            }
            assertThat(head.length().orElse(0)).isNotNegative();
        } catch (IOException e) {
            // refused
        }
    }
}
