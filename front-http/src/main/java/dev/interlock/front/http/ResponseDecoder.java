package dev.interlock.front.http;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.AsciiString;

/** Netty's response decoder without leniency, and told which answers have no body. */
final class ResponseDecoder extends HttpResponseDecoder {

    /** Real answers stay below 16 KiB of head. */
    static final int MAX_HEAD = 64 * 1024;

    /** One piece of an answer: the unit that is copied and written on. */
    static final int MAX_PIECE = 64 * 1024;

    private boolean answersHead;

    ResponseDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(4 * 1024)
                .setMaxHeaderSize(MAX_HEAD)
                .setMaxChunkSize(MAX_PIECE)
                .setValidateHeaders(true)
                .setStrictLineParsing(true)
                .setAllowDuplicateContentLengths(false));
    }

    /** The next answer belongs to a HEAD request, or not. */
    void expect(boolean head) {
        answersHead = head;
    }

    /** Bytes that arrived but belong to no answer yet. */
    int leftover() {
        return actualReadableBytes();
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return answersHead || super.isContentAlwaysEmpty(message);
    }

    // Netty trims it away in answers; what stands before a colon is a name, or the answer is refused.
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (start + length >= line.length || line[start + length] != ':') {
            throw new IllegalArgumentException("a header field's name has no colon right after it");
        }
        return super.splitHeaderName(line, start, length);
    }

    // Which of the two frames the body is a matter of opinion; an answer must not depend on one.
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("the answer has both Content-Length and Transfer-Encoding");
    }
}
