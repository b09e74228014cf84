package dev.interlock.front.http;

import dev.interlock.gate.NotSentException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The connections to one upstream.
 *
 * <p>Threading: any number of threads call {@link #send}; a connection is in {@code idle} only while no call has it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // how closing ends is seen on the channel itself, by everybody
final class UpstreamPool {

    private final EventLoopGroup loops;
    private final URI address;
    private final Optional<SslContext> tls;
    private final UpstreamLimits limits;
    private final Semaphore calls;
    private final ConcurrentLinkedDeque<UpstreamConnection> idle = new ConcurrentLinkedDeque<>();

    UpstreamPool(EventLoopGroup loops, URI address, Optional<SslContext> tls, UpstreamLimits limits) {
        this.loops = loops;
        this.address = address;
        this.tls = tls;
        this.limits = limits;
        this.calls = new Semaphore(limits.connections());
    }

    /**
     * Sends a request, made anew by {@code request} for each connection that turns out to be dead before anything was
     * written to it, and waits for the head of the answer.
     *
     * @param passage whose request it is; it may be cut off meanwhile
     * @throws NotSentException if it is certain that nothing was written
     * @throws IOException if something may have been
     */
    Answer send(Supplier<FullHttpRequest> request, Passage passage) throws IOException {
        enter();
        boolean answered = false;
        try {
            Answer answer = answer(request, passage);
            answered = true;
            return new Answer(answer.status(), answer.headers(), new Leaving(answer, calls));
        } finally {
            if (!answered) {
                calls.release();
            }
        }
    }

    private Answer answer(Supplier<FullHttpRequest> request, Passage passage) throws IOException {
        for (UpstreamConnection old = idle.pollFirst(); old != null; old = idle.pollFirst()) {
            Optional<Answer> answer = answer(old, request, passage);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        passage.requireWhole();
        return answer(connect(), request, passage)
                .orElseThrow(() -> new NotSentException("the upstream closed the connection at once"));
    }

    /** Empty if it is certain that nothing was written. */
    private static Optional<Answer> answer(
            UpstreamConnection connection, Supplier<FullHttpRequest> request, Passage passage) throws IOException {
        try {
            passage.requireWhole(); // connecting may have taken a while
        } catch (NotSentException e) {
            connection.close();
            throw e;
        }
        Pull pull = new Pull(connection);
        passage.sent(pull);
        connection.send(request.get(), pull);
        return pull.answer();
    }

    private void enter() throws NotSentException {
        try {
            if (!calls.tryAcquire(limits.connect().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NotSentException("all " + limits.connections() + " connections to the upstream are busy");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotSentException("interrupted before anything was sent", e);
        }
    }

    private UpstreamConnection connect() throws NotSentException {
        NotSentException last = new NotSentException("the upstream's name has no address");
        for (InetAddress candidate : resolved()) {
            try {
                return connect(new InetSocketAddress(candidate, port()));
            } catch (NotSentException e) {
                last = e;
            }
        }
        throw last;
    }

    private InetAddress[] resolved() throws NotSentException {
        try {
            return InetAddress.getAllByName(address.getHost());
        } catch (UnknownHostException e) {
            throw new NotSentException("the upstream's name cannot be resolved", e);
        }
    }

    private UpstreamConnection connect(InetSocketAddress remote) throws NotSentException {
        UpstreamSocket socket = new UpstreamSocket();
        ResponseDecoder decoder = new ResponseDecoder();
        UpstreamConnection connection = new UpstreamConnection(socket, decoder, limits, idle::addFirst);
        Optional<SslHandler> handshake =
                tls.map(context -> context.newHandler(ByteBufAllocator.DEFAULT, address.getHost(), port()));
        socket.closeFuture().addListener(_ -> idle.remove(connection));
        try {
            await(open(remote, socket, handshake, decoder, connection), "the upstream cannot be reached");
            if (handshake.isPresent()) {
                await(handshake.get().handshakeFuture(), "the upstream's certificate was not accepted, or TLS failed");
            }
            return connection;
        } catch (NotSentException e) {
            socket.close();
            throw e;
        }
    }

    private Future<?> open(
            InetSocketAddress remote,
            UpstreamSocket socket,
            Optional<SslHandler> handshake,
            ResponseDecoder decoder,
            UpstreamConnection connection) {
        return new Bootstrap()
                .group(loops)
                .channelFactory(() -> socket)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        limits.connect().toMillis())
                .option(ChannelOption.TCP_NODELAY, true)
                // An upstream may answer and close while we still write: its answer must still be read.
                .option(ChannelOption.AUTO_CLOSE, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        handshake.ifPresent(channel.pipeline()::addLast);
                        channel.pipeline().addLast(decoder, new HttpRequestEncoder(), new BodyPump(), connection);
                    }
                })
                .connect(remote);
    }

    private void await(Future<?> future, String otherwise) throws NotSentException {
        try {
            if (!future.await(limits.connect().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NotSentException(otherwise + ": no answer in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotSentException(otherwise, e);
        }
        if (!future.isSuccess()) {
            throw new NotSentException(otherwise, future.cause());
        }
    }

    private int port() {
        return address.getPort() >= 0 ? address.getPort() : address.getScheme().equals("https") ? 443 : 80;
    }

    /** Gives the call's place back when the answer is closed. */
    private static final class Leaving implements Answer.Body {

        private final Answer answer;
        private final Semaphore calls;
        private boolean left;

        Leaving(Answer answer, Semaphore calls) {
            this.answer = answer;
            this.calls = calls;
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            return answer.next();
        }

        @Override
        public boolean isReady() {
            return answer.isReady();
        }

        @Override
        public int peak() {
            return answer.peak();
        }

        @Override
        public void close() {
            answer.close();
            if (!left) {
                left = true;
                calls.release();
            }
        }
    }
}
