package dev.interlock.front.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A client that sends exactly the bytes of a test. */
final class RawClient implements AutoCloseable, RawHttp2Peer.Wire {

    private final Socket socket = new Socket();
    private final InputStream in;

    record Reply(int status, List<String> head, String body) {
        Optional<String> header(String name) {
            return head.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
                    .map(line -> line.substring(name.length() + 2))
                    .findFirst();
        }
    }

    RawClient(InetSocketAddress front) throws IOException {
        socket.connect(front);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    @Override
    public void say(byte[] bytes) throws IOException {
        send(bytes);
    }

    @Override
    public byte[] read(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException();
        }
        return bytes;
    }

    RawClient endOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Reads one answer, framed by its Content-Length or in chunks. */
    Reply reply() throws IOException {
        List<String> head = head();
        int status = Integer.parseInt(head.getFirst().split(" ", -1)[1]);
        Reply reply = new Reply(status, head, "");
        if (reply.header("transfer-encoding").isPresent()) {
            return new Reply(status, head, chunks());
        }
        int length = Integer.parseInt(reply.header("content-length").orElse("0"));
        return new Reply(status, head, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    List<String> head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("no answer, but `" + head + "`");
            }
            head.write(c);
        }
        return Arrays.asList(head.toString(StandardCharsets.ISO_8859_1).split("\r\n"));
    }

    /** Reads one chunk; empty for the last. */
    String chunk() throws IOException {
        int size = Integer.parseInt(line(), 16);
        String chunk = new String(in.readNBytes(size), StandardCharsets.UTF_8);
        line();
        return chunk;
    }

    private String chunks() throws IOException {
        StringBuilder all = new StringBuilder();
        String chunk = chunk();
        while (!chunk.isEmpty()) {
            all.append(chunk);
            chunk = chunk();
        }
        return all.toString();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        while (c != '\n') {
            if (c < 0) {
                throw new IOException("the answer ended inside `" + line + "`");
            }
            line.append((char) c);
            c = in.read();
        }
        return line.toString().strip();
    }

    /** Reads to the end of the connection. */
    String rest() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
