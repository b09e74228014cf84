package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Header;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

class AnswerHeadFuzzTest {

    /**
     * Only {@link IOException} may come out, and nothing that would be more than one line of HTTP/1.1. The input is
     * fields between bytes of 0, each with an equals sign behind its name.
     */
    @FuzzTest
    void headsAreReadOrRefused(byte[] input) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        for (String field : new String(input, StandardCharsets.UTF_8).split("\0")) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                fields.add(field.substring(0, equals), field.substring(equals + 1));
            }
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
