package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Keeps this vault in step with those of the other nodes ({@code docs/formats/vault.md}). All that they share is one
 * text, sealed under the fleet's key with its version; whoever changes it writes the next version. Grants stay: two
 * nodes would use up each other's refresh token. One of these is for one exchange, under the vault's lock.
 */
final class Fleet {

    static final String DOCUMENT = "document";
    static final String SHARED = "shared";
    private static final String WRAP = "wrap/";
    private static final String UNDO = "undo";

    private static final String KEYS = "keys";
    private static final String VERSIONS = "versions";
    /** Nodes write a version after the other; one so far ahead that does not open was written to use them up. */
    private static final long FAR = 1 << 20;

    private final Path root;
    private final Vault vault;
    private final FleetKeys keys;
    private final List<StoreDirectory> stores;
    private final Map<String, FleetRow> rows;
    private final Bytes gatewaysFingerprint;
    private final Set<String> wanted = new TreeSet<>();
    private final List<FleetRow> out = new ArrayList<>();
    private final List<String> troubles = new ArrayList<>();
    /** The number of the last document that the store had as well. */
    private long settled;
    /** No lower version of the credentials is accepted. */
    private long floor;
    /** Whether this vault has those of that version. */
    private boolean isTaken;
    /** The digests of the files that hold them, as they were then. */
    private Json.Members agreed;
    /** The version in which each credential was last put or removed: an older one does not replace it. */
    private final SortedMap<String, Long> versions;

    /** {@code fingerprint} is the key of this gateway's, for a fleet that has none. */
    Fleet(Path root, Vault vault, List<StoreDirectory> stores, List<FleetRow> rows, Bytes fingerprint)
            throws IOException {
        this.root = root;
        this.vault = vault;
        this.keys = vault.fleet();
        this.stores = stores;
        this.rows = rows.stream().collect(Collectors.toMap(FleetRow::name, row -> row));
        this.gatewaysFingerprint = fingerprint;
        Json.Members state = state();
        this.settled = state.whole("document");
        this.floor = state.whole("version");
        // In a vault with other keys, which somebody made anew, is nothing of what was agreed.
        this.isTaken =
                state.flag("taken") && state.object("files").optionalText(KEYS).equals(Optional.of(keyDigests()));
        this.agreed = isTaken ? state.object("files") : Json.object();
        this.versions = isTaken ? versions(state.object(VERSIONS)) : new TreeMap<>();
    }

    private Json.Members state() throws IOException {
        return Files.exists(file(FleetKeys.STATE))
                ? Json.readObject(VaultFiles.read(file(FleetKeys.STATE)))
                : Json.object().with("document", 0).with("version", 0).with("taken", false);
    }

    private void writeState() throws IOException {
        Json.Members state = Json.object()
                .with("document", settled)
                .with("version", floor)
                .with("taken", isTaken)
                .with("files", agreed)
                .with(VERSIONS, json(versions));
        if (!state.equals(state())) {
            PrivateFiles.replace(file(FleetKeys.STATE), state.canonical());
        }
    }

    private static SortedMap<String, Long> versions(Json.Members json) {
        SortedMap<String, Long> versions = new TreeMap<>();
        json.members().keySet().forEach(name -> versions.put(name, json.whole(name)));
        return versions;
    }

    private static Json.Members json(SortedMap<String, Long> versions) {
        Json.Members json = Json.object();
        for (var one : versions.entrySet()) {
            json = json.with(one.getKey(), one.getValue());
        }
        return json;
    }

    FleetAnswer run() throws IOException {
        readDocument();
        if (settled == keys.number()) {
            follow();
        }
        writeState();
        return new FleetAnswer(List.copyOf(wanted), out, troubles, fingerprint().filter(_ -> isTaken));
    }

    private void follow() throws IOException {
        if (keys.promote()) { // it begins a fleet, or expels a node from its own
            renew();
            writeState(); // before the next key: after a crash, this is done again
            keys.renewNext();
        }
        if (keys.isExpelled() && wanted.isEmpty()) {
            troubles.add(Vault.EXPELLED);
        }
        if (keys.isListed() && !keys.hasKey()) {
            unwrap();
        }
        if (keys.hasKey()) {
            share(keys.sealing());
        }
    }

    private Path file(String name) {
        return keys.directory().resolve(name);
    }

    private long version(String name) {
        return rows.containsKey(name) ? rows.get(name).version() : 0;
    }

    /** Returns a row that this node needs, or asks for it. */
    private Optional<FleetRow> bring(String name) {
        Optional<FleetRow> row =
                Optional.ofNullable(rows.get(name)).filter(one -> !one.sealed().isEmpty());
        if (row.isEmpty()) {
            wanted.add(name);
        }
        return row;
    }

    /** Of two documents that were signed at two nodes at once, with one number, the first in the store counts. */
    private void readDocument() throws IOException {
        if (version(DOCUMENT) < keys.number()) { // signed here, or withheld there
            out.add(new FleetRow(DOCUMENT, keys.number(), keys.envelope()));
        } else if (version(DOCUMENT) > settled) {
            Optional<FleetRow> row = bring(DOCUMENT);
            try {
                if (row.isPresent()) {
                    if (keys.settle(Envelope.read(row.get().sealed().getBytes(StandardCharsets.UTF_8)), settled)) {
                        troubles.add(
                                "What was signed here for the fleet does not count, because another node was first "
                                        + "with another change: sign it again.");
                    }
                    settled = keys.number();
                }
            } catch (BadSignatureException | IllegalArgumentException e) {
                troubles.add("The fleet's document in the store does not count: " + e.getMessage() + ".");
            }
        }
    }

    /** Those states that are kept already stay readable; an expelled node reads none that come. */
    private void renew() throws IOException {
        StoreDirectory.addKey(undoKey()); // so all is sealed anew
        vault.reloadUndo();
        if (fingerprint().isEmpty()) {
            PrivateFiles.replace(file("fingerprint.key"), gatewaysFingerprint.toArray());
        }
        isTaken = true;
    }

    private Optional<Bytes> fingerprint() throws IOException {
        Path file = file("fingerprint.key");
        return Files.exists(file) ? Optional.of(Bytes.of(VaultFiles.read(file))) : Optional.empty();
    }

    private void unwrap() throws IOException {
        String name = WRAP + keys.name();
        Optional<FleetRow> row =
                version(name) == keys.number() ? bring(name) : Optional.empty(); // nobody has wrapped yet
        if (row.isEmpty()) {
            return;
        }
        try {
            Json.Members content = keys.unwrap(row.get());
            if (!keys.take(content.text("key"))) {
                throw new IOException("it is not the one whose digest people signed");
            }
            vault.seals().raise(content.whole("seal_floor"));
            floor = isTaken ? floor : content.whole("version");
        } catch (IOException | IllegalArgumentException e) {
            troubles.add("The key that the store has for this node does not count: " + e.getMessage() + ".");
        }
    }

    private void share(StoreDirectory sealing) throws IOException {
        long there = version(SHARED);
        boolean isRefused = false;
        if (there > floor || (there == floor && !isTaken)) {
            Optional<FleetRow> row = bring(SHARED);
            if (row.isEmpty()) {
                return;
            }
            try {
                Bytes sealed = KeysProtocol.bytes(row.get().sealed());
                take(Json.readObject(sealing.decrypt(name(there), sealed).toArray()), there);
            } catch (IOException | IllegalArgumentException e) {
                boolean isFar = there - floor > FAR;
                troubles.add("The fleet's credentials in the store were refused: " + e.getMessage()
                        + (isFar
                                ? ". No node wrote that version: remove the row `shared` of `credentials_fleet`."
                                : "."));
                if (isFar) {
                    return;
                }
                isRefused = true;
            }
        } else if (there < floor) {
            troubles.add("The store has older credentials of the fleet than this node knows of, or none.");
        }
        if (!isTaken) {
            return;
        }
        Json.Members here = digests();
        boolean isNew = isRefused || !here.equals(agreed);
        if (isNew || there < floor) {
            long version = isNew ? Math.max(there, floor) + 1 : floor;
            Bytes sealed =
                    sealing.encrypt(name(version), Bytes.of(all(here, version).canonical()));
            out.add(new FleetRow(SHARED, version, KeysProtocol.base64(sealed)));
        }
        wrapForOthers();
    }

    /** The name under which a version is sealed: one that was dated back does not open. */
    private static String name(long version) {
        return SHARED + "@" + version;
    }

    /** Returns the digest of each shared file. A decoy is recognised everywhere, its original stays. */
    private Json.Members digests() throws IOException {
        Json.Members digests = Json.object()
                .with(KEYS, keyDigests())
                .with(UNDO, Bytes.of(VaultFiles.read(undoKey())).sha256());
        for (StoreDirectory store : stores) {
            for (StoreDirectory.SlotEntry entry : store.entries()) {
                String name = store.prefix() + entry.slot();
                if (isShared(name)) {
                    digests = digests.withOptional(name, store.digest(entry.slot()));
                }
            }
        }
        return digests;
    }

    private String keyDigests() throws IOException {
        List<String> own = new ArrayList<>();
        for (StoreDirectory store : stores) {
            own.add(store.keyDigest());
        }
        return String.join(" ", own);
    }

    private static boolean isShared(String name) {
        return !name.startsWith("adopted/") || name.startsWith("adopted/" + Vault.DECOY);
    }

    private Json.Members all(Json.Members here, long version) throws IOException {
        SortedMap<String, Long> next = new TreeMap<>(versions);
        Set<String> names = slots(here);
        names.addAll(slots(agreed));
        for (String name : names) {
            if (!here.get(name).equals(agreed.get(name))) { // a person put or removed it
                next.put(name, version);
            }
        }
        Json.Members slots = Json.object();
        for (String name : slots(here)) {
            Optional<SlotContent> kept = store(name).get(slot(name));
            slots = kept.isPresent() ? slots.with(name, kept.get().json()) : slots;
        }
        return Json.object()
                .with("slots", slots)
                .with(VERSIONS, json(next))
                .with(UNDO, new String(VaultFiles.read(undoKey()), StandardCharsets.UTF_8))
                .with("fingerprint", KeysProtocol.base64(fingerprint().orElseThrow()));
    }

    private static Set<String> slots(Json.Members digests) {
        return new TreeSet<>(digests.without(List.of(UNDO, KEYS)).members().keySet());
    }

    private Path undoKey() {
        return root.resolve(Store.UNDO.word()).resolve(StoreDirectory.KEY);
    }

    private StoreDirectory store(String name) {
        return stores.stream()
                .filter(store -> name.startsWith(store.prefix()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a newer program wrote them"));
    }

    private static String slot(String name) {
        return name.substring(name.indexOf('/') + 1);
    }

    /**
     * Takes in the fleet's version, except for what a person changed here since the last one, and what its writer had
     * older than this node: he did not see the last version, because it was withheld, or under the key before.
     */
    private void take(Json.Members theirs, long version) throws IOException {
        Json.Members slots = theirs.object("slots");
        SortedMap<String, Long> latest = versions(theirs.object(VERSIONS));
        Set<String> names = new TreeSet<>(versions.keySet());
        names.addAll(latest.keySet());
        Json.Members next = Json.object();
        boolean isAhead = false;
        for (String name : names) {
            StoreDirectory store = store(name);
            Optional<Json> there = slots.get(name);
            long ours = versions.getOrDefault(name, 0L);
            long his = latest.getOrDefault(name, 0L);
            Optional<String> digest = store.digest(slot(name));
            if (there.equals(store.get(slot(name)).map(SlotContent::json))) {
                versions.put(name, Math.max(ours, his));
            } else if (isTaken ? !digest.equals(agreed.optionalText(name)) || his < ours : there.isEmpty()) {
                isAhead |= his < ours;
                digest = agreed.optionalText(name); // written over theirs, with the next version
            } else {
                if (there.isPresent()) {
                    vault.write(store, slot(name), SlotContent.read(slots.object(name)));
                } else {
                    store.remove(slot(name));
                }
                versions.put(name, his);
                digest = store.digest(slot(name));
            }
            next = next.withOptional(name, digest);
        }
        isAhead |= takeKeys(theirs);
        Json.Members here = digests();
        agreed = next.with(KEYS, here.text(KEYS));
        agreed = isAhead ? agreed : agreed.with(UNDO, here.text(UNDO)); // without it, this node writes again
        floor = version;
        isTaken = true;
    }

    /** Returns whether this node has keys of kept states that the others lack, as after two expulsions at once. */
    private boolean takeKeys(Json.Members theirs) throws IOException {
        byte[] shared = theirs.text(UNDO).getBytes(StandardCharsets.UTF_8);
        byte[] own = VaultFiles.read(undoKey());
        byte[] undo = isTaken ? StoreDirectory.withKeys(shared, own) : shared;
        if (!Arrays.equals(undo, own)) {
            PrivateFiles.replace(undoKey(), undo);
            vault.reloadUndo();
        }
        Bytes fingerprint = KeysProtocol.bytes(theirs.text("fingerprint"));
        if (!fingerprint().equals(Optional.of(fingerprint))) {
            PrivateFiles.replace(file("fingerprint.key"), fingerprint.toArray());
        }
        return !Arrays.equals(undo, shared);
    }

    private void wrapForOthers() throws IOException {
        Json.Members content = Json.object()
                .with("key", keys.key().<String>use(text -> text))
                .with("seal_floor", vault.seals().floor())
                .with("version", floor);
        for (String node : keys.others()) {
            if (version(WRAP + node) < keys.number()) {
                out.add(new FleetRow(WRAP + node, keys.number(), keys.wrap(node, content)));
            }
        }
    }
}
