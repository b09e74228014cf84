package dev.interlock.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Port 443 of a loopback address of its own, forwarded to another port. */
final class TcpRelay implements AutoCloseable {

    private static final int HTTPS = 443;

    private final ServerSocket socket = new ServerSocket();
    private final int to;

    TcpRelay(int to) throws IOException {
        this.to = to;
        // The address depends on the port that it leads to, so that installations side by side do not collide.
        socket.bind(new InetSocketAddress(
                InetAddress.getByAddress(new byte[] {127, 77, (byte) (to >> 8), (byte) to}), HTTPS));
        Thread.ofVirtual().start(this::serve);
    }

    String host() {
        return socket.getInetAddress().getHostAddress();
    }

    private void serve() {
        try {
            while (true) {
                Socket near = socket.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                Thread.ofVirtual().start(() -> pass(near, far));
                Thread.ofVirtual().start(() -> pass(far, near));
            }
        } catch (IOException e) {
            // The socket was closed.
        }
    }

    private static void pass(Socket from, Socket into) {
        try (InputStream in = from.getInputStream();
                OutputStream out = into.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            // The connection ended; the other side notices it.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
