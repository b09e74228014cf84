package dev.interlock.credentials;

import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.vault.SlotContent;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Administers the vault in the daemon's data directory, which the daemon then reads. */
public final class Credentials {

    private Credentials() {}

    public static Vault vault(Config config) throws IOException {
        Vault vault = Vault.at(
                config.vault(),
                pins(config),
                config.origin(),
                seal -> Files.readAllBytes(config.adoptedSeals().resolve(seal + ".json")),
                InstantSource.system(),
                new SecureRandom());
        giveToDaemon(config); // what opening it has made
        return vault;
    }

    public static Vault.PinnedSealKeys pins(Config config) {
        return new Vault.PinnedSealKeys(
                config.sealSigners().publicKeys(), config.sealSigners().quorum());
    }

    /** Stores {@code kept} in {@code slot}, where the policy directory beside {@code configFile} places it. */
    public static Store put(Config config, Path configFile, String slot, SlotContent kept) throws IOException {
        return Objects.requireNonNull(
                put(config, configFile, List.of(slot), kept).get(slot));
    }

    /** Stores all, or nothing if the policy does not name one of them. Returns the store of each, in order. */
    public static Map<String, Store> put(Config config, Path configFile, List<String> slots, SlotContent kept)
            throws IOException {
        Path policy = configFile.toAbsolutePath().resolveSibling("policy");
        Map<String, Store> stores = new LinkedHashMap<>();
        for (String slot : slots) {
            stores.put(slot, store(policy, slot, kept));
        }
        Vault vault = vault(config);
        for (Map.Entry<String, Store> slot : stores.entrySet()) {
            vault.put(slot.getKey(), slot.getValue(), kept);
        }
        giveToDaemon(config);
        return stores;
    }

    /** Stores the grant {@code name}, to which slots refer already. */
    public static void putGrant(Config config, String name, OAuthGrant grant) throws IOException {
        vault(config).putGrant(name, grant);
        giveToDaemon(config);
    }

    /** Removes {@code slot}; returns false if it was empty. */
    public static boolean remove(Config config, String slot) throws IOException {
        boolean removed = vault(config).remove(slot);
        giveToDaemon(config);
        return removed;
    }

    /** Thrown for a credential that the policy does not name. */
    public static final class UnknownSlotException extends IllegalArgumentException {

        private static final long serialVersionUID = 1L;

        private UnknownSlotException(String message) {
            super(message);
        }
    }

    private static Store store(Path policy, String slot, SlotContent kept) throws IOException {
        Seal seal = switch (PolicyDirectory.load(policy, CatalogView.facts())) {
            case PolicyDirectory.LoadResult.SoundDirectory sound ->
                sound.directory().draft();
            case PolicyDirectory.LoadResult.InvalidDirectory broken ->
                throw new IllegalArgumentException(broken.problems().getFirst().toString());
        };
        Set<String> guarded = seal.environments().values().stream()
                .filter(Seal.Environment::isProtected)
                .map(Seal.Environment::name)
                .collect(Collectors.toSet());
        Set<String> names = new TreeSet<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            for (Seal.CredentialSlot known : upstream.credentials()) {
                if (known.name().equals(slot)) {
                    requireSent(known, kept);
                    return Store.of(known.impacts(), known.environments(), guarded);
                }
                names.add(known.name());
            }
        }
        throw new UnknownSlotException("the policy does not name the credential `" + slot + "`; it names `"
                + String.join("`, `", names) + "`");
    }

    private static void requireSent(Seal.CredentialSlot slot, SlotContent kept) {
        boolean basic = slot.header().equals("authorization") && slot.scheme().equalsIgnoreCase("Basic");
        if (kept.user().isPresent() && !basic) {
            throw new IllegalArgumentException("the policy sends `" + slot.name()
                    + "` in another form than a user and a password: write `header: authorization, scheme: Basic`");
        }
    }

    /** Gives the vault's files to the daemon's user. No link is followed: that user could plant one. */
    public static void giveToDaemon(Config config) throws IOException {
        UserPrincipal daemon = Files.getOwner(config.vault().resolveSibling(""));
        Files.walkFileTree(config.vault(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                return visitFile(directory, attributes);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                FileOwnerAttributeView owner = Objects.requireNonNull(
                        Files.getFileAttributeView(file, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS));
                try {
                    if (!owner.getOwner().equals(daemon)) {
                        owner.setOwner(daemon);
                    }
                    return FileVisitResult.CONTINUE;
                } catch (NoSuchFileException e) {
                    return visitFileFailed(file, e);
                }
            }

            // The daemon may replace a file meanwhile.
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }
}
