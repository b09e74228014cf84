package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The findings of {@code doctor} about the backups that are taken on this machine.
 *
 * @param here whether there is a backups.yaml beside the configuration
 * @param secrets who else could use the secrets that it names; each sentence says what to do
 * @param attester why the attestations signed here do not count, if so
 * @param unsure what was checked, and only people can judge
 * @param unseen what could not be checked, and why
 */
record BackupFindings(
        boolean here, List<String> secrets, Optional<String> attester, List<String> unsure, List<String> unseen) {
    /** @param agents the user that agents run as */
    static BackupFindings of(Options options, int agents) {
        BackupConfig backups;
        try {
            backups = BackupConfig.beside(options.configFile());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return new BackupFindings(false, List.of(), Optional.empty(), List.of(), List.of());
        } catch (IOException | RuntimeException e) {
            return new BackupFindings(true, List.of(), Optional.empty(), List.of(), List.of(unseen(e)));
        }
        List<String> unseen = new ArrayList<>();
        try {
            Path file = options.configFile();
            Optional<Config> config = Files.exists(file) ? Optional.of(options.config()) : Optional.empty();
            BackupSecrets.SecretFindings secrets = BackupSecrets.check(backups, config, agents);
            AttesterCheck attester = AttesterCheck.check(backups, config);
            unseen.addAll(secrets.unseen());
            attester.unseen().ifPresent(unseen::add);
            return new BackupFindings(true, secrets.wrong(), attester.wrong(), secrets.unsure(), unseen);
        } catch (IOException | RuntimeException e) {
            unseen.add(unseen(e));
            return new BackupFindings(true, List.of(), Optional.empty(), List.of(), unseen);
        }
    }

    private static String unseen(Exception e) {
        return "check of the secrets that backups use: " + e.getMessage();
    }

    /** Returns whether something must be repaired. */
    boolean isWrong() {
        return !secrets.isEmpty() || attester.isPresent();
    }

    /**
     * Returns whether nobody else could use the secrets. All of them were checked, and nothing is left for people to
     * judge.
     */
    boolean isFine() {
        return here && secrets.isEmpty() && unsure.isEmpty() && unseen.isEmpty();
    }
}
