package dev.interlock.adminclient;

import dev.interlock.adminapi.Question;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends commands to a running daemon, over one connection each. */
public final class AdminClient {

    private final Path socket;
    private final Optional<Duration> patience;

    private AdminClient(Path socket, Optional<Duration> patience) {
        this.socket = socket;
        this.patience = patience;
    }

    /** Returns a client of the daemon that listens at {@code socket}. */
    public static AdminClient at(Path socket) {
        return new AdminClient(socket, Optional.empty());
    }

    /** Returns a client of the same daemon whose calls fail after {@code limit}. */
    public AdminClient within(Duration limit) {
        return new AdminClient(socket, Optional.of(limit));
    }

    /**
     * Runs a command that has one result; throws {@link IOException} if no daemon answers, or
     * {@link AdminRefusedException} if the daemon refuses.
     */
    public Json.Members call(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Closeable _ = limited(channel)) {
            ask(channel, command, arguments);
            return result(answers(channel).readLine());
        } catch (
                ClosedChannelException
                        e) { // nothing else ends the wait for a process that is stopped, or that waits for its disk
            throw new IOException("the daemon did not answer in time", e);
        }
    }

    private Closeable limited(SocketChannel channel) {
        if (patience.isEmpty()) {
            return () -> {};
        }
        Future<?> limit = CompletableFuture.runAsync(
                () -> close(channel),
                CompletableFuture.delayedExecutor(patience.get().toMillis(), TimeUnit.MILLISECONDS));
        return () -> limit.cancel(false);
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Asks a question that has one answer; throws {@link IOException} if no daemon answers, or
     * {@link AdminRefusedException} if the daemon refuses.
     */
    public <A extends Record> A ask(Question<A> question) throws IOException, AdminRefusedException {
        return answer(question, call(question.command(), question.arguments()));
    }

    private static <A extends Record> A answer(Question<A> question, Json.Members result) throws IOException {
        try {
            return question.read(result);
        } catch (MalformedException e) { // such as from a daemon of another version
            throw new IOException("the daemon's answer to `" + question.command() + "` cannot be read", e);
        }
    }

    /**
     * Asks a question that has one answer, and whose effect lasts as long as its connection; throws {@link IOException}
     * if no daemon answers, or {@link AdminRefusedException} if the daemon refuses.
     */
    public <A extends Record> OpenConnection<A> hold(Question<A> question) throws IOException, AdminRefusedException {
        SocketChannel channel = open(question.command(), question.arguments());
        try {
            A answer = answer(question, result(answers(channel).readLine()));
            channel.configureBlocking(false);
            return new OpenConnection<>(channel, answer);
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    public static final class OpenConnection<A> implements Closeable {

        private final SocketChannel channel;
        private final A answer;

        private OpenConnection(SocketChannel channel, A answer) {
            this.channel = channel;
            this.answer = answer;
        }

        public A answer() {
            return answer;
        }

        /** Returns whether the daemon is still at the other end. */
        public boolean isOpen() {
            try {
                return channel.read(ByteBuffer.allocate(1))
                        == 0; // the daemon has nothing more to say, so that only an end can be read
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
     * Asks a question that goes on being answered: passes each answer to {@code each} until the daemon or {@code each}
     * ends it; throws {@link IOException} if the connection breaks, or {@link AdminRefusedException} if the daemon
     * refuses.
     */
    public <A extends Record> void follow(Question<A> question, Consumer<A> each)
            throws IOException, AdminRefusedException {
        try (SocketChannel channel = open(question.command(), question.arguments());
                BufferedReader answers = answers(channel)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                each.accept(answer(question, result(line)));
            }
        }
    }

    private SocketChannel open(String command, Json.Members arguments) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            ask(channel, command, arguments);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void ask(SocketChannel channel, String command, Json.Members arguments) throws IOException {
        channel.connect(UnixDomainSocketAddress.of(socket));
        OutputStream out = Channels.newOutputStream(channel);
        Json.Members request = Json.object().with("command", command).with("arguments", arguments);
        out.write((request.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8));
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
        } catch (MalformedException e) { // such as half a result, from a daemon that was killed while it wrote
            throw new IOException("the daemon's answer cannot be read", e);
        }
    }
}
