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
import java.util.stream.Stream;

/**
 * Finds users besides the backup user who could read the secrets in {@code backups.yaml}. Backups protect only as long
 * as neither agents nor destructive programs have these.
 */
public final class BackupSecrets {

    /** Limits the bytes of a file that is searched; longer files hold no password. */
    private static final int MAX_SECRET = 1 << 16;

    private static final int ROOT = 0;
    private static final int OTHERS = 077;

    /** Problems with the remedy, those with what may be no secret, and what could not be checked. */
    public record SecretFindings(List<String> wrong, List<String> unsure, List<String> unseen) {
        public SecretFindings {
            wrong = List.copyOf(wrong);
            unsure = List.copyOf(unsure);
            unseen = List.copyOf(unseen);
        }
    }

    private static final List<String> TELLING = List.of("PASS", "TOKEN", "SECRET", "KEY", "CREDENTIAL");

    /** {@code told} if the configuration itself calls it a secret. */
    private record SecretFile(String what, boolean told) {
        SecretFile and(SecretFile other) {
            return new SecretFile(what.equals(other.what) ? what : what + " and " + other.what, told || other.told);
        }
    }

    private final Map<Path, SecretFile> files = new LinkedHashMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<String> unsure = new ArrayList<>();
    private final List<String> unseen = new ArrayList<>();

    private BackupSecrets() {}

    /** {@code agents} is the user who runs agents. */
    public static SecretFindings check(BackupConfig backups, Optional<Config> config, int agents) {
        BackupSecrets look = new BackupSecrets();
        look.put(backups.attestKey(), "the key that attests backups", true);
        backups.plans().values().forEach(look::name);
        Map<Integer, String> others = look.others(config, agents);
        Optional<SlotFingerprintReader> vault = look.vault(config);
        look.files.forEach((file, held) -> look.at(file, held, others, vault));
        return new SecretFindings(look.wrong, look.unsure, look.unseen);
    }

    private void put(Path file, String what, boolean told) {
        files.merge(file, new SecretFile(what, told), SecretFile::and);
    }

    private void name(BackupPlanConfig plan) {
        String of = " of `" + plan.name() + "`";
        if (plan.source() instanceof BackupSource.Postgres postgres) {
            BackupSource.Database database = postgres.database();
            Stream.of(database.passwordFile(), database.pgpass(), database.serviceFile())
                    .flatMap(Optional::stream)
                    .forEach(file -> put(file, "the password" + of, true));
        }
        // Some of the files that are passed to people's own programs hold secrets; others, such as certificates, do
        // not.
        plan.tool().environment().forEach((variable, value) -> {
            if (value.startsWith("/") && Files.isRegularFile(Path.of(value))) {
                boolean told = TELLING.stream().anyMatch(variable.toUpperCase(Locale.ROOT)::contains);
                put(Path.of(value), "a file for the backups" + of, told);
            }
        });
    }

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

    private void at(Path file, SecretFile held, Map<Integer, String> others, Optional<SlotFingerprintReader> vault) {
        if (Files.notExists(file)) {
            return; // the program that needs it reports this
        }
        String named = "`" + file + "`, " + held.what() + ", ";
        try {
            if (((Integer) Files.getAttribute(file, "unix:mode") & OTHERS) != 0) {
                report(held, named, "can be opened by users other than its owner", "chmod 600");
            }
            String other = others.get((Integer) Files.getAttribute(file, "unix:uid"));
            if (other != null) {
                report(held, named, "belongs to " + other, "make root or a dedicated user its owner");
            }
            if (vault.isPresent()) {
                compare(file, vault.get(), named);
            }
        } catch (IOException e) {
            unseen.add(named + "cannot be checked from here");
        }
    }

    private void report(SecretFile held, String named, String fault, String remedy) {
        if (held.told()) {
            wrong.add(named + fault + ": " + remedy);
        } else {
            unsure.add("check for a secret in " + named + "which " + fault + ": if it holds one, " + remedy);
        }
    }

    private void compare(Path file, SlotFingerprintReader vault, String named) throws IOException {
        if (Files.size(file) > MAX_SECRET) {
            return;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        SecretTexts.anywhere(text).stream()
                .filter(secret -> !secret.isEmpty())
                .map(secret -> new String(secret.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                .flatMap(secret -> vault.holding(new Secret(secret)).stream())
                .distinct()
                .forEach(
                        slot -> wrong.add(
                                named + "holds the same secret as the vault's `" + slot
                                        + "`: a user of that credential who destroys data could also delete or read its backups. Create a separate secret for backups"));
    }
}
