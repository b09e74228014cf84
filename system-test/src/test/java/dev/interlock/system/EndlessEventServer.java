package dev.interlock.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An upstream with endless event streams. It sends what a test chooses, and notices when a client disconnects. */
final class EndlessEventServer implements AutoCloseable {

    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final ServerSocket door = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    private final Map<String, Socket> listening = new ConcurrentHashMap<>();
    private final List<String> asked = new ArrayList<>();

    EndlessEventServer() throws IOException {
        Thread.startVirtualThread(this::open);
    }

    private void open() {
        try {
            while (true) {
                Socket socket = door.accept();
                Thread.startVirtualThread(() -> serve(socket));
            }
        } catch (IOException e) {
            return; // closed: the test is over
        }
    }

    /** Serves one answer for each connection: after the head of a read, only the end of input can follow. */
    private void serve(Socket socket) {
        String path = "";
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String line = in.readLine();
            if (line == null) {
                return;
            }
            path = line.split(" ", 3)[1];
            while (line != null && !line.isEmpty()) {
                line = in.readLine();
            }
            synchronized (asked) {
                asked.add(path);
            }
            socket.getOutputStream().write(HEAD.getBytes(StandardCharsets.US_ASCII));
            listening.put(path, socket);
            in.transferTo(Writer.nullWriter());
        } catch (IOException e) {
            // The client disconnected, possibly by a reset.
        } finally {
            listening.remove(path, socket);
        }
    }

    String address() {
        return "http://127.0.0.1:" + door.getLocalPort();
    }

    /** Sends one more event to every listener at {@code path}. */
    List<String> asked() {
        synchronized (asked) {
            return List.copyOf(asked);
        }
    }

    boolean isListening(String path) {
        return listening.containsKey(path);
    }

    /** One more event to whoever listens at {@code path}. */
    void say(String path, String words) {
        String event = "data: " + words + "\n\n";
        String chunk = Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
        try {
            listening.get(path).getOutputStream().write(chunk.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        for (Socket socket : listening.values()) {
            socket.close();
        }
    }
}
