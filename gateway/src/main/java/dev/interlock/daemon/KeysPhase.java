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
import java.util.Optional;

/** The connection to the keys process, which opens the credentials. */
record KeysPhase(KeysClient client, Config config) {

    /**
     * Starts the keys process, or connects to the one that root started, and waits for neither.
     *
     * @param file the file of {@code gateway.yaml}, which the keys process reads itself
     */
    static KeysPhase start(DaemonContext context, Path file) {
        Config config = context.config();
        KeysConnection.KeysConnectionOpener opener = config.keys()
                .<KeysConnection.KeysConnectionOpener>map(keys -> () -> KeysSocket.open(keys.socket(), keys.user()))
                .orElse(() -> KeysProcess.start(file));
        KeysClient client = KeysClient.start(
                opener,
                seal -> Files.readAllBytes(context.data("seals").resolve(seal + ".json")),
                why -> context.watch()
                        .raise(new Alert(
                                Alert.AlertKind.KEYS_TROUBLE, Alert.Severity.ALARM, why, Map.of(), Optional.empty())));
        return new KeysPhase(context.part(client), config);
    }

    /**
     * Waits until the keys process answers. If a child does not start, it has said why, and the gateway does not start
     * either. A process that root started may come later.
     */
    void require() throws IOException {
        if (!client.awaitFirst() && config.keys().isEmpty()) {
            throw new IOException(
                    "the process that keeps the credentials did not start; see its output for the reason");
        }
    }

    /** Returns what keeps the credentials from the gateway, in the words of {@code interlock status}. */
    String separation() {
        return config.keys().map(own -> "apart (user " + own.user() + ")").orElse("apart (same user)")
                + (client.isUp() ? "" : ", not answering");
    }
}
