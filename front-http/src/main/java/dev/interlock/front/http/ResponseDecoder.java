package dev.interlock.front.http;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.AsciiString;

/** Netty's response decoder without leniency. Its caller tells it which answers have no body. */
final class ResponseDecoder extends HttpResponseDecoder {

    /** Maximum bytes of a head. Real answers stay below 16 KiB. */
    static final int MAX_HEAD = 64 * 1024;
    /** Maximum bytes of one piece of an answer: the unit that is copied and written on. */
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

    void expect(boolean head) {
        answersHead = head;
    }

    int leftover() {
        return actualReadableBytes();
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return answersHead || super.isContentAlwaysEmpty(message);
    }

    /** Returns whether the end of the answer is told from an interruption. */
    boolean isDelimited(HttpMessage answer) {
        return HttpUtil.isContentLengthSet(answer)
                || HttpUtil.isTransferEncodingChunked(answer)
                || isContentAlwaysEmpty(answer);
    }

    // Netty ignores white space before the colon in answers. Here the text before it is a name, or refused.
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (start + length >= line.length || line[start + length] != ':') {
            throw new IllegalArgumentException("a header field's name has no colon right after it");
        }
        return super.splitHeaderName(line, start, length);
    }

    // Implementations disagree on which of the two frames the body. An answer must not depend on that.
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("the answer has both Content-Length and Transfer-Encoding");
    }
}
