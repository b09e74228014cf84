package dev.interlock.front.http;

import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A socket that can tell, at the last moment before a request is written, whether its peer has closed it. */
final class UpstreamSocket extends NioSocketChannel {

    /**
     * Returns whether nothing has arrived that was not read: no end, and no byte. A byte found here is lost, so the
     * socket must be closed if this is false. On the event loop only.
     */
    boolean isQuiet() {
        try {
            return javaChannel().read(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Hands on everything that has arrived: bytes, and then the end that may lie behind them. On the event loop only.
     */
    void readNow() {
        for (int i = 0; i < 2 && isActive(); i++) {
            unsafe().read();
        }
    }
}
