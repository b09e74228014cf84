package dev.interlock;

import dev.interlock.vault.KeysLine;
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

/** The line to a keys process that has a user of its own. */
final class KeysSocket implements KeysLine {

    private static final System.Logger LOG = System.getLogger(KeysSocket.class.getName());

    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    private KeysSocket(SocketChannel channel) {
        this.channel = channel;
        this.in = Channels.newInputStream(channel);
        this.out = Channels.newOutputStream(channel);
    }

    /**
     * Connects, and asks the kernel who listens: a statement that people signed is shown to nobody else.
     *
     * @throws IOException also if somebody else listens
     */
    static KeysSocket open(Config.Keys keys) throws IOException {
        SocketChannel channel = connect(keys.socket());
        try {
            UserPrincipal peer =
                    channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            if (!peer.equals(KeysMain.user(keys.user()))) {
                throw new IOException("`" + peer.getName() + "` listens at `" + keys.socket() + "`, and is not `"
                        + keys.user() + "`");
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
            throw new IOException("nobody answers at `" + socket + "` (" + e.getMessage() + ")", e);
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
            LOG.log(System.Logger.Level.WARNING, "the line to the keys process could not be closed", e);
        }
    }
}
