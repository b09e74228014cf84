package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.config.Config;
import dev.interlock.vault.SlotFingerprintReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Finds users besides the backup user who could read the secrets of backups: the keys, passwords and credentials in
 * {@code backups.yaml}. Backups protect only as long as neither agents nor destructive programs have these.
 */
public final class BackupSecrets {

    /** Limits the bytes of a file that is searched; longer files hold no password. */
    private static final int MAX_SECRET = 1 << 16;

    private static final int ROOT = 0;

    /** The mode bits of group and others. */
    private static final int OTHERS = 077;

    /**
     * The findings.
     *
     * @param wrong the problems, each in a sentence with the remedy; no secret is in it
     * @param unsure the problems with texts that may be no secrets; only people can decide
     * @param unseen the files that could not be checked from here, and why
     */
    public record SecretFindings(List<String> wrong, List<String> unsure, List<String> unseen) {
        public SecretFindings {
            wrong = List.copyOf(wrong);
            unsure = List.copyOf(unsure);
            unseen = List.copyOf(unseen);
        }
    }

    /** Parts of the names of variables that hand secrets to programs. */
    private static final List<String> TELLING = List.of("PASS", "TOKEN", "SECRET", "KEY", "CREDENTIAL");

    /**
     * The contents of a file, and where its secrets are.
     *
     * @param told whether the configuration itself calls it a secret
     */
    private record ScannedSecretFile(String what, boolean told, Function<String, List<String>> secrets) {
        ScannedSecretFile(String what, Function<String, List<String>> secrets) {
            this(what, true, secrets);
        }

        /** Combines two uses: several plans may name one file, each for something else. */
        ScannedSecretFile and(ScannedSecretFile other) {
            return new ScannedSecretFile(
                    what.equals(other.what) ? what : what + " and " + other.what,
                    told || other.told,
                    text -> Stream.concat(secrets.apply(text).stream(), other.secrets.apply(text).stream())
                            .toList());
        }
    }

    private final Map<Path, ScannedSecretFile> files = new LinkedHashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<String> unsure = new ArrayList<>();
    private final List<String> unseen = new ArrayList<>();

    private BackupSecrets() {}

    /**
     * Checks the secrets of {@code backups}.
     *
     * @param config the configuration of this machine's gateway, if there is one
     * @param agents the user who runs agents
     */
    public static SecretFindings check(BackupConfig backups, Optional<Config> config, int agents) {
        BackupSecrets look = new BackupSecrets();
        look.name(backups);
        Map<Integer, String> others = look.others(config, agents);
        Optional<SlotFingerprintReader> vault = look.vault(config);
        look.files.forEach((file, held) -> look.at(file, held, others, vault));
        return new SecretFindings(look.wrong, look.unsure, look.unseen);
    }

    private void put(Path file, ScannedSecretFile held) {
        files.merge(file, held, ScannedSecretFile::and);
    }

    private void name(BackupConfig backups) {
        put(backups.attestKey(), new ScannedSecretFile("the key that attests backups", _ -> List.of()));
        backups.plans().values().forEach(this::name);
    }

    private void name(BackupPlanConfig plan) {
        String of = " of `" + plan.name() + "`";
        switch (plan.source()) {
            case BackupSource.Postgres postgres -> {
                BackupSource.Database database = postgres.database();
                String what = "the password" + of;
                database.passwordFile().ifPresent(file -> put(file, new ScannedSecretFile(what, SecretTexts::whole)));
                database.pgpass().ifPresent(file -> put(file, new ScannedSecretFile(what, SecretTexts::pgpass)));
                database.serviceFile()
                        .ifPresent(file ->
                                put(file, new ScannedSecretFile(what, text -> SecretTexts.values(text, "password"))));
            }
            case BackupSource.Sqlite _, BackupSource.Directory _ -> {}
        }
        name(plan.tool().environment(), "a file for the backups" + of);
    }

    /**
     * Adds the files that are passed to people's own programs. Some hold secrets; others, such as certificates, are
     * public.
     */
    private void name(Map<String, String> environment, String what) {
        environment.forEach((variable, value) -> {
            if (value.startsWith("/") && Files.isRegularFile(Path.of(value))) {
                boolean told = TELLING.stream().anyMatch(variable.toUpperCase(Locale.ROOT)::contains);
                put(Path.of(value), new ScannedSecretFile(what, told, SecretTexts::anywhere));
            }
        });
    }

    /** Returns the users who must not have the secrets, by user number. */
    private Map<Integer, String> others(Optional<Config> config, int agents) {
        Map<Integer, String> others = new TreeMap<>();
        if (!owner(Path.of("/proc/self")).equals(Optional.of(agents))) { // if one user runs everything, this is no news
            others.put(agents, "the user that agents run as");
        }
        config.ifPresent(one -> {
            owner(one.vault()).ifPresent(user -> others.put(user, "the user that has the vault"));
            owner(one.data()).ifPresent(user -> others.put(user, "the user that the gateway runs as"));
        });
        others.remove(ROOT); // root can read everything in any case; `status` reports this
        return others;
    }

    private Optional<Integer> owner(Path path) {
        try {
            return Files.exists(path) ? Optional.of((Integer) Files.getAttribute(path, "unix:uid")) : Optional.empty();
        } catch (IOException e) {
            unseen.add("whose `" + path + "` is: " + e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<SlotFingerprintReader> vault(Optional<Config> config) {
        if (config.isEmpty()) {
            return Optional.empty();
        }
        try {
            return SlotFingerprintReader.at(config.get().vault());
        } catch (IOException | RuntimeException e) {
            unseen.add("check whether the vault holds one of them: `"
                    + config.get().vault() + "` cannot be read from here");
            return Optional.empty();
        }
    }

    private void at(
            Path file, ScannedSecretFile held, Map<Integer, String> others, Optional<SlotFingerprintReader> vault) {
        if (Files.notExists(file)) {
            return; // the program that needs it reports this
        }
        String named = "`" + file + "`, " + held.what() + ", ";
        try {
            int mode = (Integer) Files.getAttribute(file, "unix:mode") & OTHERS;
            if (mode != 0 && !held.told()) {
                unsure.add("check for a secret in " + named
                        + "which users other than its owner can open: if it holds one, chmod 600");
            } else if (mode != 0) {
                wrong.add(named + "can be opened by users other than its owner: chmod 600");
            }
            String other = others.get((Integer) Files.getAttribute(file, "unix:uid"));
            if (other != null && !held.told()) {
                unsure.add("check for a secret in " + named + "which belongs to " + other
                        + ": if it holds one, make root or a dedicated user its owner");
            } else if (other != null) {
                wrong.add(named + "belongs to " + other + ", who can read it: make root or a dedicated user its owner");
            }
            if (vault.isPresent()) {
                compare(file, held, vault.get(), named);
            }
        } catch (IOException e) {
            unseen.add(named + "cannot be checked from here");
        }
    }

    private void compare(Path file, ScannedSecretFile held, SlotFingerprintReader vault, String named)
            throws IOException {
        if (Files.size(file) > MAX_SECRET) {
            return;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        held.secrets().apply(text).stream()
                .filter(secret -> !secret.isEmpty())
                .map(secret -> new String(secret.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                .flatMap(secret -> vault.holding(new Secret(secret)).stream())
                .distinct()
                .forEach(slot -> wrong.add(named + "holds the same secret as the vault's `" + slot
                        + "`: a user of that credential who destroys data could also delete or read its backups. Create"
                        + " a separate secret for backups"));
    }
}
