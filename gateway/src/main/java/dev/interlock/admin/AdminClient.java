package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a running daemon, one connection a command. */
public final class AdminClient {

    private final Path socket;

    private AdminClient(Path socket) {
        this.socket = socket;
    }

    /** The daemon that listens at {@code socket}. */
    public static AdminClient at(Path socket) {
        return new AdminClient(socket);
    }

    /**
     * Runs a command that has one result.
     *
     * @throws IOException if no daemon answers
     * @throws AdminRefusedException if it says no
     */
    public Json.Members call(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        try (SocketChannel channel = open(command, arguments);
                BufferedReader answers = answers(channel)) {
            return result(answers.readLine());
        }
    }

    /**
     * Runs a command that has one result, and whose effect lasts as long as the connection on which it was asked for.
     *
     * @throws IOException if no daemon answers
     * @throws AdminRefusedException if it says no
     */
    public Held hold(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        SocketChannel channel = open(command, arguments);
        try {
            Json.Members result = result(answers(channel).readLine());
            channel.configureBlocking(false);
            return new Held(channel, result);
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** A connection that stays. */
    public static final class Held implements Closeable {

        private final SocketChannel channel;
        private final Json.Members result;

        private Held(SocketChannel channel, Json.Members result) {
            this.channel = channel;
            this.result = result;
        }

        /** What the daemon answered. */
        public Json.Members result() {
            return result;
        }

        /** Whether the daemon is still at the other end. */
        public boolean stands() {
            try {
                return channel.read(ByteBuffer.allocate(1)) == 0; // it has said all that it says
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /**
     * Runs a command that goes on: passes each result to {@code each} until the daemon or {@code each} ends it.
     *
     * @throws IOException if the connection breaks
     * @throws AdminRefusedException if it says no
     */
    public void follow(String command, Json.Members arguments, Consumer<Json.Members> each)
            throws IOException, AdminRefusedException {
        try (SocketChannel channel = open(command, arguments);
                BufferedReader answers = answers(channel)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                each.accept(result(line));
            }
        }
    }

    private SocketChannel open(String command, Json.Members arguments) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        OutputStream out = Channels.newOutputStream(channel);
        Json.Members request = Json.object().with("command", command).with("arguments", arguments);
        out.write((request.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8));
        return channel;
    }

    private static BufferedReader answers(SocketChannel channel) {
        return new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
    }

    private static Json.Members result(@Nullable String line) throws IOException, AdminRefusedException {
        if (line == null) {
            throw new EOFException("the daemon closed the connection without an answer");
        }
        try {
            Json.Members answer = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
            if (answer.flag("ok")) {
                return answer.object("result");
            }
            Json.Members error = answer.object("error");
            throw new AdminRefusedException(error.text("kind"), error.text("reason"), error.text("next"));
        } catch (MalformedException e) { // such as half of one, from a daemon that was killed as it wrote
            throw new IOException("the daemon's answer cannot be read", e);
        }
    }
}
