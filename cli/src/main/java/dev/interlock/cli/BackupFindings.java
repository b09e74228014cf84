package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code doctor} finds of the backups that are taken on this machine. People alone can judge what is
 * {@code unsure}.
 */
record BackupFindings(
        boolean here, List<String> secrets, Optional<String> attester, List<String> unsure, List<String> unseen) {
    static BackupFindings of(Options options, int agents) {
        List<String> unseen = new ArrayList<>();
        try {
            BackupConfig backups = BackupConfig.beside(options.configFile());
            Optional<Config> config =
                    Files.exists(options.configFile()) ? Optional.of(options.config()) : Optional.empty();
            BackupSecrets.SecretFindings secrets = BackupSecrets.check(backups, config, agents);
            unseen.addAll(secrets.unseen());
            Optional<String> attester = config.flatMap(one -> attester(backups.attestKey(), one, unseen));
            return new BackupFindings(true, secrets.wrong(), attester, secrets.unsure(), unseen);
        } catch (FileNotFoundException | NoSuchFileException e) {
            return new BackupFindings(false, List.of(), Optional.empty(), List.of(), List.of());
        } catch (IOException | RuntimeException e) {
            unseen.add("check of the secrets that backups use: " + e.getMessage());
            return new BackupFindings(true, List.of(), Optional.empty(), List.of(), unseen);
        }
    }

    /** If a key was replaced on one side only, the gateway accepts no attestation of this machine. */
    private static Optional<String> attester(Path file, Config config, List<String> unseen) {
        String what = "whether the seal names `" + file + "` among `attesters`: ";
        SshPublicKey key;
        try {
            key = SshPublicKey.parse(Files.readString(Path.of(file + ".pub")).strip());
        } catch (IOException | MalformedException e) {
            unseen.add(what + "its public key is not in the file beside it, or cannot be used");
            return Optional.empty();
        }
        try {
            Optional<byte[]> seal = SealInForce.said(config);
            if (seal.isEmpty()) {
                unseen.add(what + "the seal in force cannot be read from here");
            } else if (!SealDocument.read(seal.get()).backups().attesters().contains(key)) {
                return Optional.of("`" + file + "` (" + key.fingerprint()
                        + "), the key that attests backups, is not among the `attesters` of the seal in force, so the gateway rejects every attestation that it signs. Add its public key to `attesters` in interlock.yaml and seal, or name the sealed key in backups.yaml");
            }
        } catch (IOException | RuntimeException e) {
            unseen.add(what + "the seal in force cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    boolean isWrong() {
        return !secrets.isEmpty() || attester.isPresent();
    }

    /** Nobody else could use the secrets, all were checked, and nothing is left for people to judge. */
    boolean isFine() {
        return here && secrets.isEmpty() && unsure.isEmpty() && unseen.isEmpty();
    }
}
