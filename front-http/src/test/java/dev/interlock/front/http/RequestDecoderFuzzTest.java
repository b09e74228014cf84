package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

class RequestDecoderFuzzTest {

    /**
     * No exception may come out. Input as a whole or byte by byte gives the same result, and Netty reads every accepted
     * request the same.
     */
    @FuzzTest
    void everyReaderReadsAcceptedRequestsAlike(byte[] bytes) {
        Object whole = RequestDecoderTest.ours(Unpooled.copiedBuffer(bytes));
        ByteBuf[] each = new ByteBuf[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            each[i] = Unpooled.copiedBuffer(bytes, i, 1);
        }
        Object cut = RequestDecoderTest.ours(each);
        if (whole instanceof WireRequest request) {
            assertThat(cut).isInstanceOf(WireRequest.class);
            assertThat(((WireRequest) cut).head()).isEqualTo(request.head());
            assertThat(((WireRequest) cut).body()).isEqualTo(request.body());
            if (request.inflow().isEmpty()) { // the client still has a long body
                RequestDecoderTest.agrees(request, RequestDecoderTest.netty(bytes));
            }
        } else if (whole == null) {
            assertThat(cut).isNull();
        } else {
            assertThat(whole).isInstanceOf(UnreadableRequestException.class);
            assertThat(cut).isInstanceOf(UnreadableRequestException.class);
        }
    }
}
