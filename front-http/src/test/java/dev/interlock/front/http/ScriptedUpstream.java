package dev.interlock.front.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An upstream that sends exactly the bytes of a test. */
final class ScriptedUpstream implements AutoCloseable {

    /** The course of one connection. */
    interface Script {
        void run(Line line) throws Exception;
    }

    /** One connection for a script. */
    final class Line implements RawHttp2Peer.Wire {
        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private String latest = "";

        Line(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
        }

        /** Reads one request with a Content-Length; false at the end of the connection. */
        boolean request() throws IOException {
            String head = head();
            if (head.isEmpty()) {
                return false;
            }
            int length = Integer.parseInt(head.replaceAll("(?s).*content-length: ([0-9]+).*", "$1"));
            latest = head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
            requests.add(latest);
            return true;
        }

        /** Reads {@code length} bytes of a body. Returns their SHA-256, or the number of bytes if it ends early. */
        String digest(long length) throws IOException, NoSuchAlgorithmException {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] piece = new byte[64 * 1024];
            long left = length;
            while (left > 0) {
                int count = in.read(piece, 0, (int) Math.min(left, piece.length));
                if (count < 0) {
                    return "ended " + left + " early";
                }
                digest.update(piece, 0, count);
                left -= count;
            }
            return HexFormat.of().formatHex(digest.digest());
        }

        /** Returns the last request on this connection. */
        String latest() {
            return latest;
        }

        String head() throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int c = in.read();
                if (c < 0) {
                    return "";
                }
                head.write(c);
            }
            return head.toString(StandardCharsets.ISO_8859_1);
        }

        @Override
        public byte[] read(int count) throws IOException {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException();
            }
            return bytes;
        }

        void say(String text) throws IOException {
            say(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void say(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
        }

        /** Waits until the other side is gone. */
        void awaitEnd() throws IOException {
            in.transferTo(OutputStream.nullOutputStream());
        }

        /** Returns the number of bytes until the other side closes or resets the connection. */
        int countToEnd() {
            int count = 0;
            try {
                while (in.read() >= 0) {
                    count++;
                }
            } catch (IOException _) {
                // a reset
            }
            return count;
        }

        void hangUp() throws IOException {
            socket.close();
        }
    }

    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<Integer> connections = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private final Script script;
    private final String scheme;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    ScriptedUpstream(Script script) throws IOException {
        this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "http", script);
    }

    ScriptedUpstream(ServerSocket server, String scheme, Script script) {
        this.server = server;
        this.script = script;
        this.scheme = scheme;
        threads.execute(this::accept);
    }

    /** Answers every request with {@code answer}, on any number of connections. */
    static ScriptedUpstream always(String answer) throws IOException {
        return new ScriptedUpstream(line -> {
            while (line.request()) {
                line.say(answer);
            }
        });
    }

    static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    URI address(String host) {
        return URI.create(scheme + "://" + host + ":" + server.getLocalPort());
    }

    URI address() {
        return address("127.0.0.1");
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                connections.add(socket.getPort());
                threads.execute(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            script.run(new Line(socket));
        } catch (Exception e) {
            // the other side is gone, which many scripts intend
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        threads.shutdownNow();
    }
}
