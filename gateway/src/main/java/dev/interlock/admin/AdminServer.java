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

    /** What an unentitled user says becomes one word of a receipt, and must not fill the memory. */
    static final int MAX_STRANGERS_LINE = 64 << 10;

    /** More than people and launchers need at once; followers of receipts stay connected. */
    static final int MAX_CONNECTIONS = 64;

    /** Counted apart: whoever holds all of these open keeps no entitled user from `kill`. */
    static final int MAX_STRANGERS = 16;

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
        UserPrincipal user = user(channel);
        Semaphore seats = entitled.contains(user) ? connections : strangers;
        if (seats.tryAcquire()) {
            Thread.ofVirtual().name("admin-peer").start(() -> serve(channel, user, seats));
        } else {
            channel.close();
        }
    }

    private static UserPrincipal user(SocketChannel channel) throws IOException {
        try {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void serve(SocketChannel channel, UserPrincipal user, Semaphore seats) {
        int longest = entitled.contains(user) ? MAX_LINE : MAX_STRANGERS_LINE;
        try (channel) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            OutputStream out = Channels.newOutputStream(channel);
            Optional<byte[]> line = line(in, longest);
            while (line.isPresent()) {
                answer(user, line.get(), out);
                line = line(in, longest);
            }
        } catch (ClosedChannelException e) {
            LOG.log(System.Logger.Level.DEBUG, "an admin peer went away");
        } catch (IOException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.DEBUG, "an admin connection broke: {0}", e.getMessage());
        } finally {
            seats.release();
        }
    }

    private void answer(UserPrincipal user, byte[] line, OutputStream out) throws IOException {
        Peer peer = new Peer(user.getName());
        try {
            Json.Members request = Json.readObject(line);
            String command = request.text("command");
            if (!entitled.contains(user)) {
                commands.refused(peer, command);
                throw new AdminRefusedException(
                        "not_entitled",
                        "The user `" + peer.user() + "` may not use the administrative socket.",
                        "Ask a person who administers this gateway.");
            }
            commands.run(peer, command, request.object("arguments"), result -> write(out, success(result)));
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

    private static Optional<byte[]> line(InputStream in, int longest) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return Optional.empty();
            }
            if (line.size() == longest) {
                throw new IOException("a line is longer than " + longest + " bytes");
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
