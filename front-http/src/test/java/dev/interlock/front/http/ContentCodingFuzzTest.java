package dev.interlock.front.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

class ContentCodingFuzzTest {

    /**
     * Only {@link UnreadableRequestException} may come out. The JDK decompresses every accepted body to the same bytes.
     */
    @FuzzTest(maxDuration = "45s")
    void gzip(byte[] body) throws IOException {
        RequestHead head = new RequestHead("POST", "/up/x", List.of(new Header("content-encoding", "gzip")));
        BodyBudget.Share room = new BodyBudget(1 << 21).listenerBudget().share();
        try {
            byte[] plain =
                    new ContentCoding(room, 1 << 20).plain(head, Bytes.of(body)).toArray();
            try (GZIPInputStream jdk = new GZIPInputStream(new ByteArrayInputStream(body))) {
                if (!Arrays.equals(plain, jdk.readAllBytes())) {
                    throw new AssertionError("two readings");
                }
            }
        } catch (UnreadableRequestException e) {
            // refused
        }
    }
}
