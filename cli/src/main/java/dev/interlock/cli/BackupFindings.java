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
 * What {@code doctor} finds of the backups that are taken on this machine. People alone can judge what is
 * {@code unsure}.
 */
record BackupFindings(
        boolean here, List<String> secrets, Optional<String> attester, List<String> unsure, List<String> unseen) {
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

    boolean isWrong() {
        return !secrets.isEmpty() || attester.isPresent();
    }

    /** Nobody else could use the secrets, all were checked, and nothing is left for people to judge. */
    boolean isFine() {
        return here && secrets.isEmpty() && unsure.isEmpty() && unseen.isEmpty();
    }
}
