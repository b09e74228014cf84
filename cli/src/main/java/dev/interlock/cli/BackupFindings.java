package dev.interlock.cli;

import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import dev.interlock.backup.TargetGround;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code doctor} finds out about the backups that are taken here.
 *
 * @param here whether a backups.yaml lies beside the configuration
 * @param secrets who else could use what it names, each in a sentence that says what to do
 * @param targets where others could exchange backups
 * @param attester that what is signed here counts for nothing, if so
 * @param unsure what was looked at, and only people can tell whether it is wrong
 * @param unseen what could not be looked at, and why
 */
record BackupFindings(
        boolean here,
        List<String> secrets,
        List<String> targets,
        Optional<String> attester,
        List<String> unsure,
        List<String> unseen) {

    /** @param agents as whom agents run */
    static BackupFindings of(Options options, int agents) {
        BackupConfig backups;
        try {
            backups = BackupConfig.beside(options.configFile());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return new BackupFindings(false, List.of(), List.of(), Optional.empty(), List.of(), List.of());
        } catch (IOException | RuntimeException e) {
            return new BackupFindings(true, List.of(), List.of(), Optional.empty(), List.of(), List.of(unseen(e)));
        }
        List<String> unseen = new ArrayList<>();
        List<String> targets = targets(backups, unseen);
        try {
            Path file = options.configFile();
            Optional<Config> config = Files.exists(file) ? Optional.of(options.config()) : Optional.empty();
            BackupSecrets.Found secrets = BackupSecrets.look(backups, config, agents);
            SealedAttester attester = SealedAttester.look(backups, config);
            unseen.addAll(secrets.unseen());
            attester.unseen().ifPresent(unseen::add);
            return new BackupFindings(true, secrets.wrong(), targets, attester.wrong(), secrets.unsure(), unseen);
        } catch (IOException | RuntimeException e) {
            unseen.add(unseen(e));
            return new BackupFindings(true, List.of(), targets, Optional.empty(), List.of(), unseen);
        }
    }

    private static List<String> targets(BackupConfig backups, List<String> unseen) {
        try {
            return TargetGround.warnings(backups.plans().values());
        } catch (IOException | RuntimeException e) {
            unseen.add("who else could write where backups lie: " + e.getMessage());
            return List.of();
        }
    }

    private static String unseen(Exception e) {
        return "what backups are taken with: " + e.getMessage();
    }

    /** Whether something is to be mended. */
    boolean isWrong() {
        return !secrets.isEmpty() || attester.isPresent();
    }

    /** Whether nobody else could use what is named: all of it was looked at, and nothing is left for people to tell. */
    boolean isFine() {
        return here && secrets.isEmpty() && unsure.isEmpty() && unseen.isEmpty();
    }
}
