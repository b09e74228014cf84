package dev.interlock.front.http;

import io.netty.channel.Channel;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/**
 * The listener that a connection came in by, with its limits. The shared listeners count as one for the memory of
 * bodies and for the HTTP/2 requests that may be answered at once ({@code answering}).
 */
record ConnectionContext(
        FrontListener listener,
        ProxyTunnels tunnels,
        TlsHandshakeHandler.PendingHandshakes handshakes,
        BodyBudget.ListenerBudget bodies,
        BodySpool spool,
        Semaphore answering,
        Exchange exchange,
        ClientLimits limits,
        Executor requests,
        BooleanSupplier draining) {

    ConnectionContext through(FrontListener other) {
        return new ConnectionContext(
                other, tunnels, handshakes, bodies, spool, answering, exchange, limits, requests, draining);
    }

    ClientWriter writer(Channel channel) {
        return new ClientWriter(channel, limits.write(), limits.quiet());
    }

    boolean answer(ReceivedRequest received, ClientWriter client) throws IOException {
        BodyBudget.Share room = bodies.share();
        try {
            ContentCoding coding = new ContentCoding(room, limits.body());
            return exchange.answer(received, listener, client, !draining.getAsBoolean(), coding);
        } finally {
            room.release();
        }
    }
}
