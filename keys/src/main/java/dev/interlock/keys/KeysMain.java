package dev.interlock.keys;

import dev.interlock.linux.TrustedFiles;
import dev.interlock.log.JsonLog;
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
import java.util.function.UnaryOperator;

/**
 * The keys process, the only one that opens credentials. It parses nothing that an agent wrote; with an OAuth grant, it
 * reads the short answers of a token endpoint. It learns who may seal from root's {@code gateway.yaml}, not its client.
 */
public final class KeysMain {

    private KeysMain() {}

    /** Serves its parent, or the gateway at a socket if the keys have a user; the last argument is its file. */
    public static void main(String[] arguments) {
        // Standard output is the connection to the gateway: nothing else may print there.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        try {
            Path file = Path.of(arguments[arguments.length - 1]);
            TrustedFiles.require(file);
            KeysConfig config = KeysConfig.read(file);
            if (config.logsJson(System.getenv())) {
                JsonLog.install(InstantSource.system(), UnaryOperator.identity());
            }
            KeysServer server = new KeysServer(
                    config.vault(), config.signers(), config.origin(), InstantSource.system(), new SecureRandom());
            if (config.listener().isPresent()) {
                listen(config.listener().get(), server);
            } else {
                server.serve(System.in, out);
            }
        } catch (IOException | RuntimeException e) {
            say(String.valueOf(e.getMessage()));
            System.exit(1);
        }
    }

    private static void listen(KeysConfig.Listener keys, KeysServer server) throws IOException {
        UserPrincipal gateway = user(keys.gateway());
        try (KeysListener.Socket socket = KeysListener.bind(keys.socket())) {
            say("ready for `" + gateway.getName() + "` at " + keys.socket());
            new KeysListener(
                            socket,
                            gateway,
                            server::serve,
                            KeysMain::say,
                            InstantSource.system(),
                            KeysListener.DEFAULT_PAUSE)
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
