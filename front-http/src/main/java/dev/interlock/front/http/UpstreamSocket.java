package dev.interlock.front.http;

import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A socket that can be asked, at the last moment before a request is written, whether its peer has hung up. */
final class UpstreamSocket extends NioSocketChannel {

    /**
     * Whether nothing has arrived that nobody has read: no end, and no byte. A byte that is found here is lost, so the
     * socket must be closed if this is false. On the event loop only.
     */
    boolean isQuiet() {
        try {
            return javaChannel().read(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Hands on whatever has arrived: bytes, and then the end that may lie behind them. On the event loop only. */
    void readNow() {
        for (int i = 0; i < 2 && isActive(); i++) {
            unsafe().read();
        }
    }
}
