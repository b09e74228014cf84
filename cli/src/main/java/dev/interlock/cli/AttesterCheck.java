package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checks whether the gateway accepts the attestations that this machine signs. If a key was replaced on one side only,
 * it accepts neither that a backup was restored nor that one is gone.
 *
 * @param wrong that it does not, in a sentence that says what to do
 * @param unseen why this could not be checked
 */
record AttesterCheck(Optional<String> wrong, Optional<String> unseen) {

    /** The result without a message. */
    static final AttesterCheck FINE = new AttesterCheck(Optional.empty(), Optional.empty());

    /** @param config of the gateway of this machine; without one, there is no seal to ask */
    static AttesterCheck check(BackupConfig backups, Optional<Config> config) {
        if (config.isEmpty()) {
            return FINE;
        }
        Path file = backups.attestKey();
        SshPublicKey key;
        try {
            key = SshPublicKey.parse(Files.readString(Path.of(file + ".pub")).strip());
        } catch (IOException | MalformedException e) {
            return unseen(file, "its public key is not in the file beside it, or cannot be used");
        }
        try {
            Optional<byte[]> seal = SealInForce.said(config.get());
            if (seal.isEmpty()) {
                return unseen(file, "the seal in force cannot be read from here");
            }
            return SealDocument.read(seal.get()).backups().attesters().contains(key)
                    ? FINE
                    : new AttesterCheck(Optional.of(unsealed(file, key)), Optional.empty());
        } catch (IOException | RuntimeException e) {
            return unseen(file, "the seal in force cannot be read: " + e.getMessage());
        }
    }

    private static AttesterCheck unseen(Path file, String why) {
        return new AttesterCheck(
                Optional.empty(), Optional.of("whether the seal names `" + file + "` among `attesters`: " + why));
    }

    private static String unsealed(Path file, SshPublicKey key) {
        return "`" + file + "` (" + key.fingerprint()
                + "), the key that attests backups, is not among the `attesters` of the seal in force, so the gateway"
                + " rejects every attestation that it signs. Add its public key to `attesters` in interlock.yaml and"
                + " seal, or name the sealed key in backups.yaml";
    }
}
