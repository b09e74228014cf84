package dev.interlock.vault;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.Key;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One directory of sealed secrets with its own key file ({@code docs/formats/vault.md}). The associated data name the
 * slot and the store, so that a file moved to another name or store does not open.
 */
final class StoreDirectory {

    /** The parts of a slot's file that are readable without the key. A fetched secret has no fingerprint. */
    record SlotEntry(String slot, Optional<String> fingerprint) {}

    /** The format of a plain token, which every version reads. */
    private static final String TOKEN = "interlock-vault-slot@v1";

    private static final String ANY = "interlock-vault-slot@v2"; // the format of any `SlotContent`
    private static final String STATE = "interlock-vault-state@v1"; // the format of a state that is stored elsewhere
    private static final String SUFFIX = ".slot";
    static final String KEY = "store.key";
    /** The form of a slot's name, which is a file name: no separator, not hidden. */
    private static final String SLOT_NAME = "[a-z0-9][a-z0-9._-]{0,63}";

    private final Store store;
    private final Path directory;
    private final Aead aead;

    private StoreDirectory(Store store, Path directory, Aead aead) {
        this.store = store;
        this.directory = directory;
        this.aead = aead;
    }

    /** Opens the store under {@code root}, and makes it, with a new key, if there is none. */
    static StoreDirectory at(Path root, Store store) throws IOException {
        Path directory = root.resolve(store.word());
        VaultFiles.directory(directory);
        Path key = directory.resolve(KEY);
        if (!Files.exists(key)) {
            requireNoSlots(directory);
            PrivateFiles.replace(key, newKeyset());
        }
        return at(store, key);
    }

    /** Opens the store whose key is the file {@code key}, beside which its slots are. */
    static StoreDirectory at(Store store, Path key) throws IOException {
        try {
            return new StoreDirectory(
                    store,
                    key.resolveSibling(""),
                    keyset(VaultFiles.read(key)).getPrimitive(AeadConfig2026.get(), Aead.class));
        } catch (GeneralSecurityException e) {
            throw new IOException("the key file of the store `" + store.word() + "` is not a keyset");
        }
    }

    static boolean isSlotName(String slot) {
        return slot.matches(SLOT_NAME);
    }

    void put(String slot, SlotContent kept, Optional<String> fingerprint) throws IOException {
        byte[] plain = kept.isToken()
                ? kept.copied().use(value -> value.getBytes(StandardCharsets.UTF_8))
                : kept.json().canonical();
        String type = kept.isToken() ? TOKEN : ANY;
        try {
            Json.Members file = Json.object()
                    .with("type", type)
                    .with("slot", slot)
                    .with("store", store.word())
                    .withOptional("fingerprint", fingerprint)
                    .with("sealed", Base64.getEncoder().encodeToString(aead.encrypt(plain, bound(type, slot))));
            PrivateFiles.replace(file(slot), file.canonical());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the secret could not be sealed");
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    Bytes encrypt(String name, Bytes plain) {
        try {
            return Bytes.of(aead.encrypt(plain.toArray(), bound(STATE, name)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a state could not be encrypted");
        }
    }

    /** Decrypts what {@link #encrypt} made under {@code name}; a failure has no cause, which could quote it. */
    Bytes decrypt(String name, Bytes encrypted) throws IOException {
        try {
            return Bytes.of(aead.decrypt(encrypted.toArray(), bound(STATE, name)));
        } catch (GeneralSecurityException e) {
            throw new IOException("the state `" + name + "` has been altered, or another key encrypted it");
        }
    }

    boolean holds(String slot) {
        return Files.exists(file(slot));
    }

    /** Returns what was put under this name into this store; a failure has no cause, which could quote it. */
    Optional<SlotContent> get(String slot) throws IOException {
        if (!Files.exists(file(slot))) {
            return Optional.empty();
        }
        byte[] plain = new byte[0];
        try {
            Json.Members file = read(file(slot));
            String type = file.text("type");
            plain = aead.decrypt(Base64.getDecoder().decode(file.text("sealed")), bound(type, slot));
            return Optional.of(
                    type.equals(TOKEN)
                            ? SlotContent.token(new Secret(new String(plain, StandardCharsets.UTF_8)))
                            : SlotContent.read(Json.readObject(plain)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the slot `" + slot + "` has been altered");
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    boolean remove(String slot) throws IOException {
        return VaultFiles.remove(file(slot));
    }

    /** Returns the digest of a slot's file; empty if there is none. */
    Optional<String> digest(String slot) throws IOException {
        return holds(slot) ? Optional.of(Bytes.of(VaultFiles.read(file(slot))).sha256()) : Optional.empty();
    }

    String keyDigest() throws IOException {
        return Bytes.of(VaultFiles.read(directory.resolve(KEY))).sha256();
    }

    /** Returns the store's name as it begins the names of a fleet's entries. */
    String prefix() {
        return store.word() + "/";
    }

    /** Returns the times at which any process last put or removed a slot of each store. */
    static List<FileTime> changed(List<StoreDirectory> stores) throws IOException {
        List<FileTime> changed = new ArrayList<>();
        for (StoreDirectory store : stores) {
            changed.add(Files.getLastModifiedTime(store.directory));
        }
        return changed;
    }

    List<SlotEntry> entries() throws IOException {
        return entries(store, directory);
    }

    /** Returns every slot of {@code store} under {@code root}, without using its key. */
    static List<SlotEntry> entries(Path root, Store store) throws IOException {
        Path directory = root.resolve(store.word());
        return Files.exists(directory) ? entries(store, directory) : List.of();
    }

    private static List<SlotEntry> entries(Store store, Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<String> names = files.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
            List<SlotEntry> entries = new ArrayList<>();
            for (String slot : names) {
                entries.add(new SlotEntry(slot, read(file(directory, slot)).optionalText("fingerprint")));
            }
            return entries;
        } catch (MalformedException e) {
            throw new IOException("a slot's file in the store `" + store.word() + "` is malformed");
        }
    }

    private static Json.Members read(Path file) throws IOException {
        return Json.readObject(VaultFiles.read(file));
    }

    private Path file(String slot) {
        return file(directory, slot);
    }

    private static Path file(Path directory, String slot) {
        if (!isSlotName(slot)) {
            throw new IllegalArgumentException("a slot's name must be lower-case letters, digits, `.`, `_` and `-`");
        }
        return directory.resolve(slot + SUFFIX);
    }

    private byte[] bound(String type, String slot) {
        return Json.object()
                .with("type", type)
                .with("slot", slot)
                .with("store", store.word())
                .canonical();
    }

    /** A new key beside old slots would make them look tampered with, and would hide that a key was lost. */
    private static void requireNoSlots(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            if (files.anyMatch(path -> path.toString().endsWith(SUFFIX))) {
                throw new IOException("`" + directory + "` contains slots, but its `store.key` is missing");
            }
        }
    }

    /** Adds a key, which seals from now on, to those that open. */
    static void addKey(Path key) throws IOException {
        try {
            KeysetHandle fresh =
                    KeysetHandle.generateNew(PredefinedAeadParameters.XCHACHA20_POLY1305, AeadConfig2026.get());
            KeysetHandle more = KeysetHandle.newBuilder(keyset(VaultFiles.read(key)))
                    .addEntry(
                            KeysetHandle.importKey(fresh.getPrimary().getKey()).makePrimary())
                    .build();
            PrivateFiles.replace(key, bytes(more));
        } catch (GeneralSecurityException e) {
            throw new IOException("`" + key + "` is not a keyset");
        }
    }

    /** Returns the keyset {@code more} with the keys of {@code own} that it lacks; they only open. */
    static byte[] withKeys(byte[] more, byte[] own) throws IOException {
        try {
            KeysetHandle has = keyset(more.clone());
            List<Key> known = keys(has);
            List<Key> lacking = keys(keyset(own.clone())).stream()
                    .filter(key -> known.stream().noneMatch(key::equalsKey))
                    .toList();
            KeysetHandle.Builder all = KeysetHandle.newBuilder(has);
            lacking.forEach(key -> all.addEntry(KeysetHandle.importKey(key)));
            return lacking.isEmpty() ? more : bytes(all.build());
        } catch (GeneralSecurityException e) {
            throw new IOException("the keys of kept states are no keysets");
        }
    }

    private static List<Key> keys(KeysetHandle keyset) {
        return IntStream.range(0, keyset.size())
                .mapToObj(at -> keyset.getAt(at).getKey())
                .toList();
    }

    static byte[] newKeyset() {
        try {
            return bytes(KeysetHandle.generateNew(PredefinedAeadParameters.XCHACHA20_POLY1305, AeadConfig2026.get()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink makes such keys", e);
        }
    }

    private static byte[] bytes(KeysetHandle keyset) throws GeneralSecurityException {
        return TinkJsonProtoKeysetFormat.serializeKeyset(keyset, AeadConfig2026.get(), InsecureSecretKeyAccess.get())
                .getBytes(StandardCharsets.UTF_8);
    }

    private static KeysetHandle keyset(byte[] keyset) throws GeneralSecurityException {
        try {
            String json = new String(keyset, StandardCharsets.UTF_8);
            return TinkJsonProtoKeysetFormat.parseKeyset(json, AeadConfig2026.get(), InsecureSecretKeyAccess.get());
        } finally {
            Arrays.fill(keyset, (byte) 0);
        }
    }
}
