package dev.interlock.daemon;

import dev.interlock.action.Alert;
import dev.interlock.config.Config;
import dev.interlock.keys.KeysProcess;
import dev.interlock.keys.KeysSocket;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.KeysConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The connection to the keys process, which opens the credentials. */
record KeysPhase(KeysClient client, Config config) {

    /** Starts the keys process, which reads {@code file} itself, or connects to root's, and waits for neither. */
    static KeysPhase start(DaemonContext context, Path file) {
        Config config = context.config();
        KeysConnection.KeysConnectionOpener opener = config.keys()
                .<KeysConnection.KeysConnectionOpener>map(keys -> () -> KeysSocket.open(keys.socket(), keys.user()))
                .orElse(() -> KeysProcess.start(file));
        KeysClient client = KeysClient.start(
                opener,
                seal -> Files.readAllBytes(context.data("seals").resolve(seal + ".json")),
                why -> context.watch()
                        .raise(new Alert(Alert.AlertKind.KEYS_TROUBLE, Alert.Severity.ALARM, why, Map.of())));
        return new KeysPhase(context.part(client), config);
    }

    /** Waits until the keys process answers. Without its child the gateway does not start; root's may come later. */
    void require() throws IOException {
        if (!client.awaitFirst() && config.keys().isEmpty()) {
            throw new IOException(
                    "the process that keeps the credentials did not start; see its output for the reason");
        }
    }

    String separation() {
        return config.keys().map(own -> "apart (user " + own.user() + ")").orElse("apart (same user)")
                + (client.isUp() ? "" : ", not answering");
    }
}
