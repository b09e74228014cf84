package dev.interlock.front.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A TCP port that leads to a place's socket, like the relay in a sandbox. */
final class PlaceRelay implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Path socket;

    PlaceRelay(Path socket) throws IOException {
        this.socket = socket;
        Thread.ofVirtual().start(this::serve);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private void serve() {
        try {
            while (true) {
                Socket near = listener.accept();
                SocketChannel far = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Thread.ofPlatform().daemon().start(() -> in(near, far));
                Thread.ofPlatform().daemon().start(() -> out(near, far));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private static void in(Socket near, SocketChannel far) {
        try (OutputStream out = Channels.newOutputStream(far)) {
            near.getInputStream().transferTo(out);
        } catch (IOException e) {
            // The other side notices it.
        }
    }

    private static void out(Socket near, SocketChannel far) {
        try (near;
                InputStream in = Channels.newInputStream(far)) {
            in.transferTo(near.getOutputStream());
        } catch (IOException e) {
            // The other side notices it.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
