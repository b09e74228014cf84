package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

class ResponseDecoderFuzzTest {

    /**
     * The first answer.
     *
     * @param whole whether it was complete
     * @param broken whether it is malformed
     */
    private record FirstAnswer(int status, List<Header> headers, Bytes body, boolean whole, boolean broken) {}

    /**
     * No exception may come out. Input as a whole or byte by byte gives the same result, and Netty's own decoder reads
     * every accepted answer the same. The answer to a HEAD never has a body.
     */
    @FuzzTest
    void everyReaderReadsAcceptedResponsesAlike(byte[] bytes) {
        FirstAnswer whole = first(new ResponseDecoder(), bytes, Math.max(1, bytes.length));
        FirstAnswer cut = first(new ResponseDecoder(), bytes, 1);
        assertThat(cut.broken()).isEqualTo(whole.broken());
        if (whole.broken()) {
            return;
        }
        assertThat(cut).isEqualTo(whole);
        if (whole.whole()) {
            assertThat(first(new HttpResponseDecoder(), bytes, bytes.length)).isEqualTo(whole);
        }
        ResponseDecoder ofHead = new ResponseDecoder();
        ofHead.expect(true);
        assertThat(first(ofHead, bytes, Math.max(1, bytes.length)).body().length())
                .isZero();
    }

    private static FirstAnswer first(ChannelHandler decoder, byte[] bytes, int piece) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        for (int at = 0; at < bytes.length; at += piece) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(piece, bytes.length - at)));
        }
        channel.finish(); // some answers end with their connection
        FirstAnswer first = first(channel);
        channel.releaseInbound();
        return first;
    }

    private static FirstAnswer first(EmbeddedChannel channel) {
        int status = 0;
        List<Header> headers = new ArrayList<>();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
            try {
                if (!((HttpObject) next).decoderResult().isSuccess()) {
                    return new FirstAnswer(0, List.of(), Bytes.empty(), false, true);
                }
                if (next instanceof HttpResponse response) {
                    status = response.status().code();
                    response.headers()
                            .forEach(field ->
                                    headers.add(new Header(field.getKey().toLowerCase(Locale.ROOT), field.getValue())));
                }
                if (next instanceof HttpContent content) {
                    body.writeBytes(ByteBufUtil.getBytes(content.content()));
                }
                if (next instanceof LastHttpContent last) {
                    last.trailingHeaders()
                            .forEach(field -> headers.add(new Header("trailing " + field.getKey(), field.getValue())));
                    return new FirstAnswer(status, headers, Bytes.of(body.toByteArray()), true, false);
                }
            } finally {
                ReferenceCountUtil.release(next);
            }
        }
        return new FirstAnswer(status, headers, Bytes.of(body.toByteArray()), false, false);
    }
}
