package dev.interlock.front.http;

import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.Deque;

/** The connections with an unfinished TLS handshake, which costs more than waiting. The oldest is closed first. */
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
