package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adopt.CredentialReplacement;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.backup.BackupConfig;
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

/** Takes credentials out of files into the vault, and gives them back. */
public final class Adoptions {

    private final Config config;
    private final Path configFile;
    private final Vault vault;
    private final SecureRandom random = new SecureRandom();

    /**
     * What came of one.
     *
     * @param id by which it is given back
     * @param places each place, and whether it was replaced there
     */
    public record Moved(String id, List<CredentialReplacement.ReplacementResult> places) {
        public Moved {
            places = List.copyOf(places);
        }

        /** Whether it lies nowhere any more where it was seen, or everywhere again. */
        public boolean whole() {
            return places.stream().allMatch(CredentialReplacement.ReplacementResult::replaced);
        }
    }

    public Adoptions(Config config, Path configFile) throws IOException {
        this.config = config;
        this.configFile = configFile;
        this.vault = Credentials.vault(config);
    }

    /** Whether {@code credential} is a decoy that lies where it was left. */
    public boolean isDecoy(FoundCredential credential) throws IOException {
        return vault.isDecoy(credential.secret());
    }

    /**
     * Whether {@code credential} lies in what the gateway itself lives by, or its backups, where a decoy would stop
     * them.
     *
     * @throws IllegalArgumentException if backups.yaml is not understood, which names keys
     */
    public boolean isGatewaysOwn(FoundCredential credential) throws IOException {
        List<Path> own = own();
        return CredentialReplacement.of(credential).spots().stream()
                .anyMatch(spot -> own.stream().anyMatch(spot.file()::startsWith));
    }

    /** Whether {@code credential} could be given back: each of its files must be found again by name. */
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
            List<Path> keys = new ArrayList<>(List.of(backups.key()));
            backups.attestKey().ifPresent(keys::add);
            return keys;
        } catch (NoSuchFileException | AccessDeniedException e) {
            return List.of(); // who cannot read it cannot read the keys either
        }
    }

    /**
     * As it is named, and where that leads: whoever looks through directories follows no link, and finds the latter.
     */
    private static Stream<Path> names(Path path) {
        Path named = path.toAbsolutePath().normalize();
        try {
            return Stream.of(named, named.toRealPath()).distinct();
        } catch (IOException e) {
            return Stream.of(named); // it is not there, and so nobody finds it
        }
    }

    /**
     * Keeps {@code credential} in the vault and leaves a decoy wherever it lay in files. It is in the vault before the
     * first file is touched.
     *
     * @param slot that it is for, besides
     * @throws IllegalArgumentException if the policy names no such slot, or it could not be given back; nothing was
     *     touched then
     */
    public Moved take(FoundCredential credential, Optional<String> slot) throws IOException {
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
        return new Moved(id, adoption.replace(kept.original(), kept.decoy()));
    }

    /** Two may have lain at one place, one after the other. */
    private String free(String wanted) throws IOException {
        String id = wanted;
        for (int i = 2; vault.adopted(id).isPresent(); i++) {
            id = wanted + "-" + i;
        }
        return id;
    }

    /** The kind and the secret of what was taken as {@code id}. */
    public record Original(String kind, Secret secret) {}

    /** What was taken as {@code id} and not given back. */
    public Optional<Original> original(String id) throws IOException {
        return vault.adopted(id)
                .map(kept -> new Original(
                        CredentialReplacement.read(Json.readObject(kept.where().getBytes(StandardCharsets.UTF_8)))
                                .kind(),
                        kept.original()));
    }

    /** What was taken and not given back, by identifier. */
    public List<String> taken() throws IOException {
        return vault.adopted();
    }

    /**
     * Puts what was taken as {@code id} back wherever its decoy still lies. The vault forgets it only if that was
     * everywhere.
     *
     * @throws IllegalArgumentException if nothing was taken as {@code id}, or its files have no name in this locale
     */
    public Moved giveBack(String id) throws IOException {
        Vault.AdoptedCredential kept = kept(id);
        CredentialReplacement adoption = CredentialReplacement.read(Json.readObject(kept.where().getBytes(StandardCharsets.UTF_8)));
        Moved moved = new Moved(id, adoption.replace(kept.decoy(), kept.original()));
        if (moved.whole()) {
            vault.forgetAdopted(id);
        }
        Credentials.giveToDaemon(config);
        return moved;
    }

    /**
     * Forgets what was taken as {@code id}, wherever its decoy still lies. Nobody can give it back then.
     *
     * @throws IllegalArgumentException if nothing was taken as {@code id}
     */
    public void forget(String id) throws IOException {
        kept(id);
        vault.forgetAdopted(id);
        Credentials.giveToDaemon(config);
    }

    private Vault.AdoptedCredential kept(String id) throws IOException {
        List<String> known = taken();
        return vault.adopted(id)
                .orElseThrow(() -> new IllegalArgumentException(
                    "no credential was adopted as `" + id + "`; "
                        + (known.isEmpty() ? "no credential is adopted" : "taken are `" + String.join("`, `", known) + "`")));
    }
}
