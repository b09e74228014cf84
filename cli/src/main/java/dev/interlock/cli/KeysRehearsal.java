package dev.interlock.cli;

import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.keys.KeysProcess;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.CredentialResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** A keys process that is asked for one credential, and writes down what a start needs. */
public final class KeysRehearsal {

    private KeysRehearsal() {}

    /**
     * Plays it, and returns when everything is written.
     *
     * @param file a {@code gateway.yaml} whose seal gives {@code upstream} a resolver
     * @param beside the directory of the program
     */
    public static void play(Path file, String upstream, Path beside) throws IOException {
        Config config = Config.read(file);
        byte[] envelope = Files.readAllBytes(config.sealFile());
        byte[] payload = Base64.getDecoder().decode(Json.readObject(envelope).text("payload"));
        String seal = SealDocument.read(payload).id();
        try (KeysClient keys = KeysClient.start(() -> KeysProcess.learn(file, beside), _ -> envelope, _ -> {})) {
            if (keys.resolver(seal, upstream) instanceof CredentialResult.CredentialRefused(String reason)) {
                throw new IOException("a test credential was not opened: " + reason);
            }
        }
    }
}
