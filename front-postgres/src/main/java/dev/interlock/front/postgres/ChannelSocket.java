package dev.interlock.front.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** A connection to a Unix socket. It has no timeouts: whoever must not wait closes it. */
final class ChannelSocket extends Socket {

    private final SocketChannel channel;

    ChannelSocket(SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public InputStream getInputStream() {
        return Channels.newInputStream(channel);
    }

    @Override
    public OutputStream getOutputStream() {
        return Channels.newOutputStream(channel);
    }

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
