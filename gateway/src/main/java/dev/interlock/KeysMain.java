package dev.interlock;

import dev.interlock.telemetry.JsonLog;
import dev.interlock.vault.KeysServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.InstantSource;

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
            say(String.valueOf(e.getMessage()));
            System.exit(1);
        }
    }

    private static void listen(Config.Keys keys, KeysServer server) throws IOException {
        UserPrincipal gateway = user(keys.gateway());
        try (KeysDoor.Socket socket = KeysDoor.bind(keys.socket())) {
            say("ready for `" + gateway.getName() + "` at " + keys.socket());
            new KeysDoor(socket, gateway, server::serve, KeysMain::say, InstantSource.system(), KeysDoor.DEFAULT_PAUSE)
                    .listen();
        }
    }

    private static void say(String what) {
        System.err.println("interlock keys: " + what);
    }

    static UserPrincipal user(String name) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
    }
}
