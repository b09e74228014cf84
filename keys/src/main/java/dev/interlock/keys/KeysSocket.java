package dev.interlock.keys;

import dev.interlock.vault.KeysConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/** The connection to a keys process that has a user of its own. */
public final class KeysSocket implements KeysConnection {

    private static final System.Logger LOG = System.getLogger(KeysSocket.class.getName());

    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    private KeysSocket(SocketChannel channel) {
        this.channel = channel;
        this.in = Channels.newInputStream(channel);
        this.out = Channels.newOutputStream(channel);
    }

    /** Connects, and asks the kernel for the listener's user: no other may see a statement that people signed. */
    public static KeysSocket open(Path socket, String user) throws IOException {
        SocketChannel channel = connect(socket);
        try {
            UserPrincipal peer =
                    channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            if (!peer.equals(KeysMain.user(user))) {
                throw new IOException(
                        "`" + peer.getName() + "` listens at `" + socket + "`, but `" + user + "` should");
            }
            return new KeysSocket(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static SocketChannel connect(Path socket) throws IOException {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (SocketException e) { // which does not name it
            throw new IOException("no process answers at `" + socket + "` (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public InputStream in() {
        return in;
    }

    @Override
    public OutputStream out() {
        return out;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the connection to the keys process could not be closed", e);
        }
    }
}
