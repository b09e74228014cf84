package dev.interlock.system.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Measures one connection with one request at a time: the wait of a lone agent. */
public final class PacedConnection implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final byte[] request;

    PacedConnection(URI to, String lease, String body) throws IOException {
        this(open(to.getHost(), to.getPort()), request(to, lease, body));
    }

    /** Connects to a port of this machine. */
    public PacedConnection(int port, byte[] request) throws IOException {
        this(open("127.0.0.1", port), request);
    }

    PacedConnection(Socket socket, byte[] request) throws IOException {
        this.socket = socket;
        this.request = request;
        in = new BufferedInputStream(socket.getInputStream());
    }

    private static Socket open(String host, int port) throws IOException {
        Socket socket = new Socket(host, port);
        socket.setTcpNoDelay(true);
        return socket;
    }

    static byte[] request(URI to, String lease, String body) {
        return request(to, Optional.of(lease), body);
    }

    static byte[] request(URI to, Optional<String> lease, String body) {
        return request(to, lease, body, "");
    }

    /** Returns a request with {@code more} lines in the head, each ended by CRLF. */
    public static byte[] request(URI to, Optional<String> lease, String body, String more) {
        String credential =
                lease.map(token -> "Authorization: Bearer " + token + "\r\n").orElse("") + more;
        return ("POST " + to.getRawPath() + " HTTP/1.1\r\nHost: " + to.getAuthority() + "\r\n" + credential
                        + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns the nanoseconds from the first byte sent to the last byte read. */
    public long once() throws IOException {
        return once(request, false);
    }

    /** Sends {@code sent} and does the same. */
    long once(byte[] sent, boolean isRefused) throws IOException {
        long start = System.nanoTime();
        socket.getOutputStream().write(sent);
        String status = line();
        long length = -1;
        boolean chunked = false;
        for (String field = line(); !field.isEmpty(); field = line()) {
            String lower = field.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(lower.substring(15).strip());
            }
            chunked |= lower.startsWith("transfer-encoding:");
        }
        if (!status.startsWith(isRefused ? "HTTP/1.1 403" : "HTTP/1.1 20")) {
            throw new IOException("answered with " + status);
        }
        if (chunked) {
            chunks();
        } else {
            in.skipNBytes(length);
        }
        return System.nanoTime() - start;
    }

    /** Sends, and returns the first line of the answer. */
    String status() throws IOException {
        socket.getOutputStream().write(request);
        return line();
    }

    private void chunks() throws IOException {
        for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
            in.skipNBytes(size + 2L);
        }
        line();
    }

    private String line() throws IOException {
        byte[] bytes = new byte[512];
        int length = 0;
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the answer broke off");
            }
            bytes[length++] = (byte) next;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1).strip();
    }

    /** Returns the microseconds within which {@code share} of them are. */
    public static double percentile(long[] nanos, double share) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))] / 1000.0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
