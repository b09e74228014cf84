package dev.interlock.front.http;

import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The connections of one door that have not shaken hands yet. Each costs more than one that waits for a request, so
 * there may be fewer; whoever has taken longest goes first.
 *
 * <p>Threading: guarded by itself.
 */
@SuppressWarnings("FutureReturnValueIgnored") // how closing ends is seen on the channel itself, by everybody
final class Handshakes {

    private final int most;
    private final Deque<Channel> begun = new ArrayDeque<>();

    Handshakes(int most) {
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
