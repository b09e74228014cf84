package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Speaks to a running gateway through its admin socket: one object a line, one connection a command.
 *
 * <p>Threading: it keeps no connection and may be used by many threads at once.
 */
public final class AdminClient {

    /** Beyond this an answer is no answer of ours; receipts are the longest, and come in pages. */
    static final int MAX_ANSWER_BYTES = 16 << 20;

    private final Path socket;

    private AdminClient(Path socket) {
        this.socket = socket;
    }

    /** The gateway whose admin socket is at {@code socket}; nothing is opened yet. */
    public static AdminClient at(Path socket) {
        return new AdminClient(socket);
    }

    /**
     * Asks for one command and waits for its answer.
     *
     * @throws AdminRefusedException if the gateway says no
     * @throws IOException if it cannot be reached, or answers with anything but one line of canonical JSON
     */
    public Json.Members call(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        Json.Members request = Json.object().with("command", command).with("arguments", arguments);
        return resultOf(exchange(line(request)));
    }

    private byte[] exchange(byte[] request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer out = ByteBuffer.wrap(request);
            while (out.hasRemaining()) {
                channel.write(out);
            }
            return readLine(Channels.newInputStream(channel));
        }
    }

    private static byte[] line(Json.Members request) {
        byte[] canonical = request.canonical();
        byte[] line = Arrays.copyOf(canonical, canonical.length + 1);
        line[canonical.length] = '\n';
        return line;
    }

    private static byte[] readLine(InputStream in) throws IOException {
        byte[] buffer = new byte[8192];
        int length = 0;
        while (length == 0 || buffer[length - 1] != '\n') {
            if (length == buffer.length) {
                buffer = grown(buffer);
            }
            int read = in.read(buffer, length, buffer.length - length);
            if (read < 0) {
                throw new EOFException("the gateway closed the admin socket without an answer");
            }
            length += read;
        }
        return Arrays.copyOf(buffer, length - 1);
    }

    private static byte[] grown(byte[] buffer) throws IOException {
        if (buffer.length >= MAX_ANSWER_BYTES) {
            throw new IOException("the gateway's answer is longer than " + MAX_ANSWER_BYTES + " bytes");
        }
        return Arrays.copyOf(buffer, buffer.length * 2);
    }

    private static Json.Members resultOf(byte[] answer) throws IOException, AdminRefusedException {
        try {
            Json.Members read = Json.readObject(answer);
            if (read.flag("ok")) {
                return read.object("result");
            }
            Json.Members error = read.object("error");
            throw new AdminRefusedException(
                    error.text("kind"),
                    error.text("reason"),
                    error.optionalText("next").orElse(""));
        } catch (MalformedException e) {
            throw new IOException("the gateway's answer on the admin socket is not understood", e);
        }
    }
}
