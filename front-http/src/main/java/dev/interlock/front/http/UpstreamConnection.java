package dev.interlock.front.http;

import dev.interlock.action.Header;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One HTTP/1.1 connection to an upstream. Between calls it only listens for its own end; an unexpected byte ends it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class UpstreamConnection extends UpstreamSlot implements UpstreamTransport {

    private final UpstreamSocket channel;
    private final ResponseDecoder decoder;
    private final Consumer<UpstreamConnection> free;
    private boolean used;
    private boolean interim;
    private boolean reusable;

    UpstreamConnection(
            UpstreamSocket channel, ResponseDecoder decoder, UpstreamLimits limits, Consumer<UpstreamConnection> free) {
        super(limits);
        this.channel = channel;
        this.decoder = decoder;
        this.free = free;
    }

    boolean isOn(EventLoop loop) {
        return channel.eventLoop().equals(loop);
    }

    @Override
    void execute(Runnable task) {
        channel.eventLoop().execute(task);
    }

    @Override
    void begin(FullHttpRequest request, AnswerQueue pull) {
        patience.end();
        // The event loop may not have noticed yet that the peer closed the idle connection, so ask the socket.
        if (!channel.isActive() || current != null || pull.isCut() || (used && !channel.isQuiet())) {
            request.release();
            channel.close();
            pull.markUnused();
            return;
        }
        used = true;
        current = pull;
        interim = false;
        decoder.expect(request.method().equals(HttpMethod.HEAD));
        channel.config().setAutoRead(false);
        await(limits.head());
        // From here on a byte may be sent. After any failure, the call may have happened.
        sent = channel.writeAndFlush(request);
        channel.read();
    }

    @Override
    ChannelHandlerContext context() {
        return channel.pipeline().context(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            read(message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void read(Object message) {
        AnswerQueue pull = current;
        if (pull == null
                || !(message instanceof HttpObject object)
                || object.decoderResult().isFailure()) {
            fail("the upstream's answer is not well-formed HTTP/1.1");
            return;
        }
        if (message instanceof HttpResponse response) {
            head(pull, response);
        }
        if (message instanceof HttpContent content) {
            content(pull, content);
        }
    }

    private void head(AnswerQueue pull, HttpResponse response) {
        int status = response.status().code();
        if (status == 101 || status < 100 || status > 599) {
            fail("the upstream answered with status `" + status + "`");
            return;
        }
        interim = status < 200;
        if (interim) {
            channel.read();
            return;
        }
        if (isCoded(response)) {
            fail("the upstream's answer is in a transfer coding that Interlock did not request");
            return;
        }
        patience.end();
        reusable = HttpUtil.isKeepAlive(response);
        channel.pipeline().get(BodyPump.class).stop(); // first: the reader of the head needs the sent length
        if (!decoder.isDelimited(response)) {
            pull.markUndelimited();
        }
        pull.head(status, headers(response));
    }

    // Returns whether the body has a transfer coding. Nobody would remove it or announce it any more, and the
    // credential could pass through in it.
    private static boolean isCoded(HttpResponse response) {
        List<String> codings = response.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        return codings.size() > 1 || codings.stream().anyMatch(coding -> !coding.equalsIgnoreCase("chunked"));
    }

    private void content(AnswerQueue pull, HttpContent content) {
        if (interim) {
            return;
        }
        if (content.content().isReadable()) {
            patience.end();
            pull.piece(ByteBufUtil.getBytes(content.content()));
        }
        if (content instanceof LastHttpContent) {
            current = null;
            release(); // first, so that the reader of the end finds the connection in the pool
            pull.end();
        } else if (!content.content().isReadable()) {
            channel.read();
        }
    }

    @Override
    void close() {
        channel.close();
    }

    @Override
    void readMore() {
        channel.read();
    }

    @Override
    public void whenClosed(Runnable then) {
        channel.closeFuture().addListener(_ -> then.run());
    }

    // Any byte left over would be taken for the answer to the next call.
    private void release() {
        boolean wholeRequestSent = sent != null && sent.isSuccess();
        if (!reusable || !wholeRequestSent || decoder.leftover() > 0 || !channel.isActive()) {
            channel.close();
            return;
        }
        patience.await(channel.pipeline().context(this), limits.idle(), channel::close);
        channel.config().setAutoRead(true);
        free.accept(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        patience.end();
        fail("the upstream closed the connection before its answer was complete");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail("the connection to the upstream broke: " + cause.getClass().getSimpleName());
    }

    private static List<Header> headers(HttpResponse response) {
        List<Header> headers = new ArrayList<>();
        for (Map.Entry<String, String> field : response.headers()) {
            headers.add(new Header(field.getKey().toLowerCase(Locale.ROOT), field.getValue()));
        }
        return headers;
    }
}
