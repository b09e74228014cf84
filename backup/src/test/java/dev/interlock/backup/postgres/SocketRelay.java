package dev.interlock.backup.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Makes a server on a Unix socket reachable by TCP, at a port that nobody else has. */
public final class SocketRelay implements AutoCloseable {

    private final ServerSocket listener;
    private final Path target;

    public SocketRelay(Path target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                SocketChannel server = SocketChannel.open(StandardProtocolFamily.UNIX);
                server.connect(UnixDomainSocketAddress.of(target));
                Thread.ofPlatform().daemon().start(() -> copy(socket, server, true));
                Thread.ofPlatform().daemon().start(() -> copy(socket, server, false));
            } catch (IOException _) {
                // the listener or the server has gone
            }
        }
    }

    private static void copy(Socket socket, SocketChannel server, boolean up) {
        try (socket;
                server) {
            InputStream in = up ? socket.getInputStream() : Channels.newInputStream(server);
            OutputStream out = up ? Channels.newOutputStream(server) : socket.getOutputStream();
            in.transferTo(out);
        } catch (IOException _) {
            // one side has gone
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
