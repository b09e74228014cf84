package dev.interlock.vault;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.HybridDecrypt;
import com.google.crypto.tink.HybridEncrypt;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.hybrid.HpkeParameters;
import com.google.crypto.tink.hybrid.HpkePublicKey;
import com.google.crypto.tink.hybrid.HybridConfig2026;
import com.google.crypto.tink.util.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A node's keys in its fleet, in files: its own pair of X25519, the fleet's key, the key that it would begin or renew a
 * fleet with, and the last document that people signed.
 */
public record FleetKeys(Path directory, Vault.PinnedSealKeys pins) {

    private static final String NODE = "node.key";
    private static final String PUBLIC = "node.pub";
    private static final String CURRENT = "current.key";
    private static final String NEXT = "next.key";
    private static final String LEFT = "left";
    private static final String NAME = "name";
    private static final String DOCUMENT = "document.json";
    static final String STATE = "state.json";

    /** Returns whether this node has ever asked to join a fleet. */
    boolean exist() {
        return Files.exists(file(NAME)); // written last
    }

    /** Makes what is missing. A node that was expelled gets new keys, because others may have its old ones. */
    @AccessesPartialKey
    public FleetDocument join(String name) throws IOException {
        VaultFiles.directory(directory);
        if (Files.exists(file(CURRENT)) && !isListed()) {
            write(LEFT, "");
            for (String old : List.of(CURRENT, NODE, STATE)) {
                VaultFiles.remove(file(old));
            }
        }
        try {
            Configuration config = HybridConfig2026.get();
            if (!Files.exists(file(NODE))) {
                KeysetHandle pair = KeysetHandle.generateNew(hpke(), config);
                write(NODE, TinkJsonProtoKeysetFormat.serializeKeyset(pair, config, InsecureSecretKeyAccess.get()));
            }
            HpkePublicKey key =
                    (HpkePublicKey) pair().getPublicKeysetHandle().getPrimary().getKey();
            VaultFiles.replace(file(PUBLIC), key.getPublicKeyBytes().toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IOException("`" + file(NODE) + "` is no pair of keys");
        }
        if (!Files.exists(file(NEXT))) {
            renewNext();
        }
        write(NAME, name);
        return FleetDocument.request(name, publicKey(), nextDigest());
    }

    String name() throws IOException {
        return text(NAME);
    }

    /** Returns whether this node asked to join as {@code name}. */
    public boolean isCalled(String name) throws IOException {
        return exist() && name().equals(name);
    }

    /** Returns the digest of the key that this node would renew the fleet with. */
    public String nextDigest() throws IOException {
        return digest(text(NEXT));
    }

    /** Returns what people sign in place of a key. It reveals nothing, because the key is random. */
    private static String digest(String key) {
        return dev.interlock.action.Bytes.utf8("interlock-fleet-key@v1\0" + key).sha256();
    }

    String envelope() throws IOException {
        return text(DOCUMENT);
    }

    /** Returns the last document that this node accepted. */
    public Optional<FleetDocument> document() throws IOException {
        return Files.exists(file(DOCUMENT))
                ? Optional.of(FleetDocument.unverified(Envelope.read(VaultFiles.read(file(DOCUMENT)))))
                : Optional.empty();
    }

    long number() throws IOException {
        return document().map(FleetDocument::number).orElse(0L);
    }

    /** Returns the other nodes that people signed. */
    Set<String> others() throws IOException {
        Set<String> nodes = new TreeSet<>(document().orElseThrow().nodes().keySet());
        nodes.remove(name());
        return nodes;
    }

    /** Stores a document, if enough people signed it and it is younger than the last one. */
    public FleetDocument accept(Envelope envelope) throws IOException, BadSignatureException {
        FleetDocument signed = FleetDocument.verify(envelope, pins);
        store(envelope, signed, number());
        return signed;
    }

    private void store(Envelope envelope, FleetDocument signed, long known) throws IOException, BadSignatureException {
        if (signed.number() <= known) {
            throw new BadSignatureException("this node knows one of that number or a younger one already");
        }
        VaultFiles.replace(file(DOCUMENT), envelope.write());
    }

    /** Takes the store's document, and returns whether it replaces another of that number, which was signed here. */
    boolean settle(Envelope envelope, long settled) throws IOException, BadSignatureException {
        FleetDocument signed = FleetDocument.verify(envelope, pins);
        long own = number();
        if (document().filter(signed::equals).isPresent()) {
            return false;
        }
        store(envelope, signed, Math.max(settled, own - 1));
        return signed.number() == own;
    }

    /** Returns whether people signed this node, with its public key. */
    boolean isListed() throws IOException {
        Optional<FleetDocument> document = document();
        return document.isPresent() && document.get().has(name(), publicKey());
    }

    /** Returns whether this node had the fleet's key, and people signed a fleet without it. */
    boolean isExpelled() throws IOException {
        return (Files.exists(file(CURRENT)) || Files.exists(file(LEFT))) && !isListed();
    }

    /** Returns whether this node is in the fleet, and has the key that people signed last. */
    public boolean hasKey() throws IOException {
        return Files.exists(file(CURRENT)) && isListed() && isSigned(text(CURRENT));
    }

    private boolean isSigned(String key) throws IOException {
        return document().filter(said -> said.key().equals(digest(key))).isPresent();
    }

    /** Returns the fleet's key itself, for another node. */
    Secret key() throws IOException {
        return new Secret(text(CURRENT));
    }

    /** Returns what seals and opens under the fleet's key. */
    StoreDirectory sealing() throws IOException {
        return StoreDirectory.at(Store.FLEET, file(CURRENT));
    }

    /** Takes this node's own next key as the fleet's, if people signed its digest; {@link #renewNext} follows. */
    boolean promote() throws IOException {
        return isListed() && take(text(NEXT));
    }

    void renewNext() throws IOException {
        VaultFiles.replace(file(NEXT), StoreDirectory.newKeyset());
    }

    /** Takes {@code key} as the fleet's if people signed its digest: anybody can wrap a key for a public key. */
    boolean take(String key) throws IOException {
        boolean isSigned = isSigned(key);
        if (isSigned) {
            write(CURRENT, key);
        }
        return isSigned;
    }

    @AccessesPartialKey
    String wrap(String node, Json.Members content) throws IOException {
        FleetDocument document = document().orElseThrow();
        try {
            byte[] key = FleetDocument.publicKey(
                    Objects.requireNonNull(document.nodes().get(node)));
            HybridEncrypt to = KeysetHandle.newBuilder()
                    .addEntry(KeysetHandle.importKey(HpkePublicKey.create(hpke(), Bytes.copyFrom(key), null))
                            .withRandomId()
                            .makePrimary())
                    .build()
                    .getPrimitive(HybridConfig2026.get(), HybridEncrypt.class);
            return Base64.getEncoder().encodeToString(to.encrypt(content.canonical(), info(node, document.number())));
        } catch (GeneralSecurityException e) {
            throw new IOException("the fleet's key could not be wrapped for `" + node + "`");
        }
    }

    Json.Members unwrap(FleetRow row) throws IOException {
        try {
            HybridDecrypt own = pair().getPrimitive(HybridConfig2026.get(), HybridDecrypt.class);
            byte[] wrapped = Base64.getDecoder().decode(row.sealed());
            return Json.readObject(own.decrypt(wrapped, info(name(), row.version())));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("it was wrapped for another node, or altered");
        }
    }

    private static byte[] info(String node, long number) {
        return ("interlock-fleet-wrap@v1\0" + node + "\0" + number).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] publicKey() throws IOException {
        return VaultFiles.read(file(PUBLIC));
    }

    private KeysetHandle pair() throws IOException, GeneralSecurityException {
        return TinkJsonProtoKeysetFormat.parseKeyset(text(NODE), HybridConfig2026.get(), InsecureSecretKeyAccess.get());
    }

    /** Returns RFC 9180 in base mode. It names no sender, so the key that it carries is checked by its digest. */
    private static HpkeParameters hpke() throws GeneralSecurityException {
        return HpkeParameters.builder()
                .setVariant(HpkeParameters.Variant.NO_PREFIX)
                .setKemId(HpkeParameters.KemId.DHKEM_X25519_HKDF_SHA256)
                .setKdfId(HpkeParameters.KdfId.HKDF_SHA256)
                .setAeadId(HpkeParameters.AeadId.AES_256_GCM)
                .build();
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private String text(String name) throws IOException {
        return new String(VaultFiles.read(file(name)), StandardCharsets.UTF_8);
    }

    private void write(String name, String text) throws IOException {
        VaultFiles.replace(file(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
