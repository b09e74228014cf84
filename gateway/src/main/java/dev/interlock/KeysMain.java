package dev.interlock;

import dev.interlock.telemetry.JsonLog;
import dev.interlock.vault.KeysServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.InstantSource;
import jdk.net.ExtendedSocketOptions;

/**
 * The keys process: it alone opens credentials. It parses no HTTP, no GraphQL, no policy and nothing else that an agent
 * has written, and takes who may seal from root's {@code gateway.yaml}, not from who asks.
 */
public final class KeysMain {

    private KeysMain() {}

    /**
     * Serves its parent, or, where keys have a user of their own, the gateway at their socket. The last argument names
     * {@code gateway.yaml}.
     */
    public static void main(String[] arguments) {
        // Standard output is the line to the gateway: nothing else may print there.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        try {
            Path file = Path.of(arguments[arguments.length - 1]);
            Config.requireTrusted(file);
            Config config = Config.read(file);
            if (config.log().or(System.getenv()) == Config.LogForm.JSON) {
                JsonLog.take(InstantSource.system());
            }
            KeysServer server = new KeysServer(
                    config.vault(), Credentials.pins(config), InstantSource.system(), new SecureRandom());
            if (config.keys().isPresent()) {
                listen(config.keys().get(), server);
            } else {
                server.serve(System.in, out);
            }
        } catch (IOException | RuntimeException e) {
            System.err.println("interlock keys: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void listen(Config.Keys keys, KeysServer server) throws IOException {
        UserPrincipal gateway = user(keys.gateway());
        Files.deleteIfExists(keys.socket());
        try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            door.bind(UnixDomainSocketAddress.of(keys.socket()));
            // Everyone may knock; the kernel says who it is.
            Files.setPosixFilePermissions(keys.socket(), PosixFilePermissions.fromString("rw-rw-rw-"));
            System.err.println("interlock keys: ready for `" + gateway.getName() + "` at " + keys.socket());
            while (true) {
                admit(door.accept(), gateway, server);
            }
        }
    }

    private static void admit(SocketChannel channel, UserPrincipal gateway, KeysServer server) throws IOException {
        UserPrincipal peer =
                channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (!peer.equals(gateway)) {
            System.err.println("interlock keys: `" + peer.getName() + "` is not the gateway, and was sent away");
            channel.close();
            return;
        }
        Thread.ofVirtual().name("gateway").start(() -> {
            try (channel) {
                server.serve(Channels.newInputStream(channel), Channels.newOutputStream(channel));
            } catch (IOException e) {
                System.err.println("interlock keys: the gateway's line broke: " + e.getMessage());
            }
        });
    }

    static UserPrincipal user(String name) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
    }
}
