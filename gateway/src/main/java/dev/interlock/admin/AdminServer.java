package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import jdk.net.ExtendedSocketOptions;

/**
 * Listens on a Unix socket: one canonical JSON object a line in, one or more out.
 *
 * <p>A request is {@code {"arguments":{…},"command":"…"}}; an answer is {@code {"ok":true,"result":{…}}} or
 * {@code {"error":{"kind":…,"next":…,"reason":…},"ok":false}}. Threading: one virtual thread a connection.
 */
public final class AdminServer implements AutoCloseable {

    /** A signed statement or a seal with its policies fits; a flood does not. */
    static final int MAX_LINE = 4 << 20;

    /** A person's commands and some that follow; a runaway script does not exhaust descriptors. */
    static final int MAX_CONNECTIONS = 64;

    /** Counted apart: whoever may not come in cannot keep out those who want to end a lease. */
    static final int MAX_STRANGERS = 16;

    /** As much as is looked at of what nobody will carry out: enough to tell the command. */
    static final int MAX_STRANGE_LINE = 64 << 10;

    /** What a receipt calls a line that is no request, and a connection beyond {@link #MAX_STRANGERS}. */
    static final String UNREADABLE = "unreadable";

    static final String CROWD = "too-many-connections";

    private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());

    private final ServerSocketChannel server;
    private final Path socket;
    private final Set<UserPrincipal> entitled;
    private final Commands commands;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final Semaphore strangers = new Semaphore(MAX_STRANGERS);

    private AdminServer(ServerSocketChannel server, Path socket, Set<UserPrincipal> entitled, Commands commands) {
        this.server = server;
        this.socket = socket;
        this.entitled = Set.copyOf(entitled);
        this.commands = commands;
    }

    /**
     * Binds {@code socket}, replacing what a dead daemon left there, and begins to answer.
     *
     * @throws IOException if it cannot be bound
     */
    public static AdminServer start(Path socket, Set<UserPrincipal> entitled, Commands commands) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        // Everyone may knock: who is let in is decided below, and a knock by the wrong user becomes a receipt.
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        AdminServer server = new AdminServer(channel, socket, entitled, commands);
        Thread.ofVirtual().name("admin").start(server::accept);
        return server;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                admit(server.accept());
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "the admin socket could not accept: {0}", e.getMessage());
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        UserPrincipal user;
        try {
            user = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        boolean known = entitled.contains(user);
        Semaphore places = known ? connections : strangers;
        if (places.tryAcquire()) {
            start(channel, places, () -> {
                if (known) {
                    serve(user, channel);
                } else {
                    refuse(user, channel);
                }
            });
        } else {
            channel.close();
            if (!known) {
                Thread.ofVirtual().name("admin-peer").start(() -> commands.refused(new Peer(user.getName()), CROWD));
            }
        }
    }

    /** A conversation, until it ends or breaks. */
    @FunctionalInterface
    private interface Conversation {
        void hold() throws IOException;
    }

    private static void start(SocketChannel channel, Semaphore places, Conversation conversation) {
        Thread.ofVirtual().name("admin-peer").start(() -> {
            try (channel) {
                conversation.hold();
            } catch (ClosedChannelException e) {
                LOG.log(System.Logger.Level.DEBUG, "an admin peer went away");
            } catch (IOException | UncheckedIOException e) {
                LOG.log(System.Logger.Level.DEBUG, "an admin connection broke: {0}", e.getMessage());
            } finally {
                places.release();
            }
        });
    }

    private void serve(UserPrincipal user, SocketChannel channel) throws IOException {
        InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
        OutputStream out = Channels.newOutputStream(channel);
        Peer peer = new Peer(user.getName());
        Optional<byte[]> line = line(in);
        while (line.isPresent()) {
            answer(peer, line.get(), out);
            line = line(in);
        }
    }

    private void answer(Peer peer, byte[] line, OutputStream out) {
        try {
            Json.Members request = Json.readObject(line);
            commands.run(
                    peer, request.text("command"), request.object("arguments"), result -> write(out, success(result)));
        } catch (AdminRefusedException e) {
            write(out, failure(e.kind(), String.valueOf(e.getMessage()), e.next()));
        } catch (MalformedException e) {
            write(
                    out,
                    failure(
                            "malformed",
                            "The request is not understood: " + e.getMessage() + ".",
                            "See docs/admin.md."));
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException e) {
            // The peer is told nothing of our insides; whoever runs the daemon is.
            LOG.log(System.Logger.Level.ERROR, "an administrative command failed", e);
            write(out, failure("unavailable", "The gateway failed to carry this out.", "Look at the daemon's log."));
        }
    }

    /** Whatever a stranger says, and however badly, is one refusal and on record. */
    private void refuse(UserPrincipal user, SocketChannel channel) throws IOException {
        Peer peer = new Peer(user.getName());
        byte[] line = strangeLine(new BufferedInputStream(Channels.newInputStream(channel)));
        if (line.length == 0) {
            return; // it knocked and went away, and said nothing that could be refused
        }
        commands.refused(peer, commandIn(line));
        write(
                Channels.newOutputStream(channel),
                failure(
                        "not_entitled",
                        "The user `" + peer.user() + "` may not use the administrative socket.",
                        "Ask a person who administers this gateway."));
    }

    private static byte[] strangeLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = in.read();
        while (b >= 0 && b != '\n' && line.size() < MAX_STRANGE_LINE) {
            line.write(b);
            b = in.read();
        }
        if (b == '\n' && line.size() == 0) {
            line.write(b);
        }
        return line.toByteArray();
    }

    private static String commandIn(byte[] line) {
        try {
            return Json.readObject(line).text("command");
        } catch (MalformedException e) {
            return UNREADABLE;
        }
    }

    private static Json.Members success(Json.Members result) {
        return Json.object().with("ok", true).with("result", result);
    }

    private static Json.Members failure(String kind, String reason, String next) {
        return Json.object()
                .with("ok", false)
                .with(
                        "error",
                        Json.object().with("kind", kind).with("reason", reason).with("next", next));
    }

    private static void write(OutputStream out, Json.Members answer) {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            line.writeBytes(answer.canonical());
            line.write('\n');
            out.write(line.toByteArray());
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<byte[]> line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return Optional.empty();
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("a line is longer than " + MAX_LINE + " bytes");
            }
            line.write(b);
        }
        return Optional.of(line.toByteArray());
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }
}
