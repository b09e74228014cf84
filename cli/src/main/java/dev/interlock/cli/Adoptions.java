package dev.interlock.cli;

import dev.interlock.adopt.CredentialReplacement;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.tool.ResticTool;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.vault.SlotContent;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Moves credentials from files into the vault, and back. */
public final class Adoptions {

    private final Config config;
    private final Path configFile;
    private final Vault vault;
    private final SecureRandom random = new SecureRandom();

    /** Whether each place of the credential now has the other text; {@code id} gives it back. */
    public record MovedCredential(String id, List<CredentialReplacement.ReplacementResult> places) {
        public MovedCredential {
            places = List.copyOf(places);
        }

        public boolean whole() {
            return places.stream().allMatch(CredentialReplacement.ReplacementResult::replaced);
        }
    }

    public Adoptions(Config config, Path configFile) throws IOException {
        this.config = config;
        this.configFile = configFile;
        this.vault = Credentials.vault(config);
    }

    public boolean isDecoy(FoundCredential credential) throws IOException {
        return vault.isDecoy(credential.secret());
    }

    /** A decoy in the gateway's own files, or in those of its backups, would stop them. */
    public boolean isGatewaysOwn(FoundCredential credential) throws IOException {
        List<Path> own = own();
        return CredentialReplacement.of(credential).spots().stream()
                .anyMatch(spot -> own.stream().anyMatch(spot.file()::startsWith));
    }

    /** Returns whether each of its files has a name by which it is found again. */
    public boolean isReturnable(FoundCredential credential) {
        return CredentialReplacement.of(credential).isNameable();
    }

    private List<Path> own() throws IOException {
        List<Path> own = new ArrayList<>(List.of(configFile.toAbsolutePath(), config.data(), config.run()));
        config.replica().ifPresent(own::add);
        config.keys().ifPresent(keys -> own.addAll(List.of(keys.data(), keys.run())));
        config.tls().ifPresent(tls -> own.addAll(List.of(tls.key(), tls.certificate())));
        config.alerts().values().forEach(receiver -> receiver.secret().ifPresent(own::add));
        config.traces().flatMap(Config.Traces::authorizationFile).ifPresent(own::add);
        config.replicaBucket().map(Config.Bucket::credentialsFile).ifPresent(own::add);
        config.store().flatMap(Config.Store::passwordFile).ifPresent(own::add);
        config.console().ifPresent(console -> {
            console.tls().ifPresent(tls -> own.addAll(List.of(tls.key(), tls.certificate())));
            console.clientSecretFile().ifPresent(own::add);
        });
        own.addAll(keysOfBackups());
        return own.stream().flatMap(Adoptions::names).toList();
    }

    private List<Path> keysOfBackups() throws IOException {
        try {
            BackupConfig backups = BackupConfig.beside(configFile);
            List<Path> keys = new ArrayList<>(List.of(backups.attestKey()));
            backups.plans().values().forEach(plan -> {
                if (plan.tool() instanceof ResticTool restic) {
                    keys.add(restic.passwordFile());
                }
            });
            return keys;
        } catch (NoSuchFileException | AccessDeniedException e) {
            return List.of(); // a user who cannot read it cannot read the keys either
        }
    }

    /** As written and its real path: a search through directories follows no link, and finds the real one. */
    private static Stream<Path> names(Path path) {
        Path named = path.toAbsolutePath().normalize();
        try {
            return Stream.of(named, named.toRealPath()).distinct();
        } catch (IOException e) {
            return Stream.of(named); // it does not exist, so no search finds it
        }
    }

    /** Stores it in the vault, and in {@code slot}, before the first file changes: there a decoy replaces it. */
    public MovedCredential take(FoundCredential credential, Optional<String> slot) throws IOException {
        CredentialReplacement adoption = CredentialReplacement.of(credential);
        if (!adoption.isNameable()) {
            throw new IllegalArgumentException("`" + credential.id() + "` could not be restored");
        }
        if (slot.isPresent()) {
            Credentials.put(config, configFile, slot.get(), SlotContent.token(credential.secret()));
        }
        Vault.AdoptedCredential kept = new Vault.AdoptedCredential(
                credential.secret(),
                CredentialReplacement.decoyOf(credential, random),
                adoption.json().canonicalText());
        String id = free(credential.id());
        vault.adopt(id, kept);
        Credentials.giveToDaemon(config);
        return new MovedCredential(id, adoption.replace(kept.original(), kept.decoy()));
    }

    /** Two credentials may have been at one place, one after the other. */
    private String free(String wanted) throws IOException {
        String id = wanted;
        for (int i = 2; vault.adopted(id).isPresent(); i++) {
            id = wanted + "-" + i;
        }
        return id;
    }

    public List<String> taken() throws IOException {
        return vault.adopted();
    }

    /** Puts it back wherever its decoy still is. The vault deletes it only if every place was restored. */
    public MovedCredential giveBack(String id) throws IOException {
        Vault.AdoptedCredential kept = kept(id);
        MovedCredential moved = new MovedCredential(
                id,
                CredentialReplacement.read(Json.readObject(kept.where().getBytes(StandardCharsets.UTF_8)))
                        .replace(kept.decoy(), kept.original()));
        if (moved.whole()) {
            vault.forgetAdopted(id);
        }
        Credentials.giveToDaemon(config);
        return moved;
    }

    /** Deletes it even where its decoy is still in place: it cannot be given back then. */
    public void forget(String id) throws IOException {
        kept(id);
        vault.forgetAdopted(id);
        Credentials.giveToDaemon(config);
    }

    private Vault.AdoptedCredential kept(String id) throws IOException {
        List<String> known = taken();
        return vault.adopted(id)
                .orElseThrow(() -> new IllegalArgumentException("no credential was adopted as `" + id + "`; taken are: "
                        + (known.isEmpty() ? "none" : String.join(", ", known))));
    }
}
