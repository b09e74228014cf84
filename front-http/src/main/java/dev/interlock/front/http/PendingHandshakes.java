package dev.interlock.front.http;

import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The connections of one listener with an unfinished TLS handshake. Each costs more than one that waits for a request,
 * so fewer are allowed. The oldest is closed first. Threading: guarded by itself.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
final class PendingHandshakes {

    private final int most;
    private final Deque<Channel> begun = new ArrayDeque<>();

    PendingHandshakes(int most) {
        this.most = most;
    }

    synchronized void begin(Channel channel) {
        begun.addLast(channel);
        if (begun.size() > most) {
            begun.removeFirst().close();
        }
    }

    synchronized void end(Channel channel) {
        begun.remove(channel);
    }
}
