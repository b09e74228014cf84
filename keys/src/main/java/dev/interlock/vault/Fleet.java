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
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Keeps this vault in step with those of the other nodes ({@code docs/formats/fleet.md}). All that they share is one
 * text, sealed under the fleet's key with its version; whoever changes it writes the next version. Grants stay: two
 * nodes would use up each other's refresh token. One of these is for one exchange, under the vault's lock.
 */
final class Fleet {

    static final String DOCUMENT = "document";
    static final String SHARED = "shared";
    private static final String WRAP = "wrap/";
    private static final String UNDO = "undo";

    /** Stores a slot as a person's command does. */
    @FunctionalInterface
    interface SlotWriter {
        void write(StoreDirectory store, String slot, SlotContent kept) throws IOException;
    }

    @FunctionalInterface
    interface Reload {
        void run() throws IOException;
    }

    /** This node's vault. {@code undoChanged} runs when the key for states is another one. */
    record Local(
            Path root,
            FleetKeys keys,
            List<StoreDirectory> stores,
            SlotWriter writer,
            VaultSeals seals,
            Reload undoChanged) {}

    private final Local local;
    private final FleetKeys keys;
    private final Map<String, FleetRow> rows;
    private final Bytes gatewaysFingerprint;
    private final Set<String> wanted = new TreeSet<>();
    private final List<FleetRow> out = new ArrayList<>();
    private final List<String> troubles = new ArrayList<>();
    private FleetState state;

    Fleet(Local local, List<FleetRow> rows, Bytes fingerprint) throws IOException {
        this.local = local;
        this.keys = local.keys();
        this.rows = rows.stream().collect(Collectors.toMap(FleetRow::name, row -> row));
        this.gatewaysFingerprint = fingerprint;
        List<String> digests = new ArrayList<>();
        for (StoreDirectory store : local.stores()) {
            digests.add(store.keyDigest());
        }
        this.state = FleetState.read(file(FleetKeys.STATE), String.join(" ", digests));
    }

    FleetAnswer run() throws IOException {
        readDocument();
        FleetState begun = state;
        if (keys.promote()) { // it begins a fleet, or expels a node from its own
            renew();
            state.write(file(FleetKeys.STATE)); // before the next key: after a crash, this is done again
            keys.renewNext();
        }
        if (keys.isListed() && !keys.hasKey()) {
            unwrap();
        }
        if (keys.hasKey()) {
            share(keys.sealing());
        }
        if (!state.equals(begun)) {
            state.write(file(FleetKeys.STATE));
        }
        return new FleetAnswer(List.copyOf(wanted), out, troubles, fingerprint().filter(_ -> state.taken()));
    }

    private Path file(String name) {
        return keys.directory().resolve(name);
    }

    private long version(String name) {
        return rows.containsKey(name) ? rows.get(name).version() : 0;
    }

    /** Returns a row that this node needs, or asks for it. */
    private Optional<FleetRow> bring(String name) {
        Optional<FleetRow> row = Optional.ofNullable(rows.get(name)).filter(one -> !one.sealed().isEmpty());
        if (row.isEmpty()) {
            wanted.add(name);
        }
        return row;
    }

    private void readDocument() throws IOException {
        if (version(DOCUMENT) > keys.number()) {
            Optional<FleetRow> row = bring(DOCUMENT);
            try {
                if (row.isPresent()) {
                    keys.accept(Envelope.read(row.get().sealed().getBytes(StandardCharsets.UTF_8)));
                }
            } catch (BadSignatureException | IllegalArgumentException e) {
                troubles.add("The fleet's document in the store does not count: " + e.getMessage() + ".");
            }
        } else if (version(DOCUMENT) < keys.number()) { // signed here, or withheld there
            out.add(new FleetRow(DOCUMENT, keys.number(), keys.envelope()));
        }
    }

    /** Those states that are kept already stay readable; an expelled node reads none that come. */
    private void renew() throws IOException {
        StoreDirectory.addKey(local.root(), Store.UNDO);
        local.undoChanged().run();
        if (fingerprint().isEmpty()) {
            PrivateFiles.replace(file("fingerprint.key"), gatewaysFingerprint.toArray());
        }
        state = new FleetState(state.version(), true, state.keys(), Map.of()); // all of it is sealed anew
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
            local.seals().raise(content.whole("seal_floor"));
            if (!state.taken()) {
                state = new FleetState(content.whole("version"), false, state.keys(), state.slots());
            }
        } catch (IOException | IllegalArgumentException e) {
            troubles.add("The key that the store has for this node does not count: " + e.getMessage() + ".");
        }
    }

    private void share(StoreDirectory sealing) throws IOException {
        long there = version(SHARED);
        boolean isRefused = false;
        if (there > state.version() || (there == state.version() && !state.taken())) {
            Optional<FleetRow> row = bring(SHARED);
            if (row.isEmpty()) {
                return;
            }
            try {
                byte[] sealed = Base64.getDecoder().decode(row.get().sealed());
                take(Json.readObject(sealing.decrypt(name(there), Bytes.of(sealed)).toArray()), there);
            } catch (IOException | IllegalArgumentException e) {
                troubles.add("The fleet's credentials in the store were refused: " + e.getMessage() + ".");
                isRefused = true;
            }
        } else if (there < state.version()) {
            troubles.add("The store has older credentials of the fleet than this node knows of, or none.");
        }
        if (!state.taken()) {
            return;
        }
        Map<String, String> here = digests();
        boolean isNew = isRefused || !here.equals(state.slots());
        if (isNew || there < state.version()) {
            long version = isNew ? Math.max(there, state.version()) + 1 : state.version();
            Bytes sealed = sealing.encrypt(name(version), Bytes.of(all(here).canonical()));
            out.add(new FleetRow(SHARED, version, Base64.getEncoder().encodeToString(sealed.toArray())));
        }
        wrapForOthers();
    }

    /** The name under which a version is sealed: one that was dated back does not open. */
    private static String name(long version) {
        return SHARED + "@" + version;
    }

    /** Returns the digest of each shared file. A decoy is recognised everywhere, its original stays. */
    private Map<String, String> digests() throws IOException {
        Map<String, String> digests = new TreeMap<>();
        digests.put(UNDO, Bytes.of(VaultFiles.read(undoKey())).sha256());
        for (StoreDirectory store : local.stores()) {
            for (StoreDirectory.SlotEntry entry : store.entries()) {
                String name = store.prefix() + entry.slot();
                if (isShared(name)) {
                    store.digest(entry.slot()).ifPresent(digest -> digests.put(name, digest));
                }
            }
        }
        return digests;
    }

    private static boolean isShared(String name) {
        return !name.startsWith("adopted/") || name.startsWith("adopted/" + Vault.DECOY);
    }

    private Json.Members all(Map<String, String> here) throws IOException {
        Json.Members slots = Json.object();
        for (String name : slots(here)) {
            Optional<SlotContent> kept = store(name).get(slot(name));
            slots = kept.isPresent() ? slots.with(name, kept.get().json()) : slots;
        }
        return Json.object()
                .with("slots", slots)
                .with(UNDO, new String(VaultFiles.read(undoKey()), StandardCharsets.UTF_8))
                .with("fingerprint", Base64.getEncoder()
                        .encodeToString(fingerprint().orElseThrow().toArray()));
    }

    private static Set<String> slots(Map<String, String> digests) {
        Set<String> names = new TreeSet<>(digests.keySet());
        names.remove(UNDO);
        return names;
    }

    private Path undoKey() {
        return local.root().resolve(Store.UNDO.word()).resolve(StoreDirectory.KEY);
    }

    private StoreDirectory store(String name) {
        return local.stores().stream()
                .filter(store -> name.startsWith(store.prefix()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("a newer program wrote them"));
    }

    private static String slot(String name) {
        return name.substring(name.indexOf('/') + 1);
    }

    /** Takes in the fleet's version, except for slots that a person changed here since the last one. */
    private void take(Json.Members theirs, long version) throws IOException {
        Json.Members slots = theirs.object("slots");
        Map<String, String> here = digests();
        Map<String, String> agreed = new TreeMap<>(state.slots());
        Set<String> names = slots(agreed);
        names.addAll(slots.members().keySet());
        for (String name : names) {
            StoreDirectory store = store(name);
            Optional<Json> there = slots.get(name);
            Optional<Json> own = store.get(slot(name)).map(SlotContent::json);
            boolean isOwn = state.taken() && !Optional.ofNullable(here.get(name))
                    .equals(Optional.ofNullable(agreed.get(name)));
            if (!there.equals(own) && isOwn) {
                continue; // written over theirs, with the next version
            }
            if (!there.equals(own) && there.isPresent()) {
                local.writer().write(store, slot(name), SlotContent.read(slots.object(name)));
            } else if (!there.equals(own)) {
                store.remove(slot(name));
            }
            store.digest(slot(name)).ifPresentOrElse(digest -> agreed.put(name, digest), () -> agreed.remove(name));
        }
        takeKeys(theirs);
        agreed.put(UNDO, digests().get(UNDO));
        state = new FleetState(version, true, state.keys(), agreed);
    }

    private void takeKeys(Json.Members theirs) throws IOException {
        byte[] undo = theirs.text(UNDO).getBytes(StandardCharsets.UTF_8);
        if (!Bytes.of(undo).equals(Bytes.of(VaultFiles.read(undoKey())))) {
            PrivateFiles.replace(undoKey(), undo);
            local.undoChanged().run();
        }
        Bytes fingerprint = Bytes.of(Base64.getDecoder().decode(theirs.text("fingerprint")));
        if (!fingerprint().equals(Optional.of(fingerprint))) {
            PrivateFiles.replace(file("fingerprint.key"), fingerprint.toArray());
        }
    }

    private void wrapForOthers() throws IOException {
        Json.Members content = Json.object()
                .with("key", keys.key().<String>use(text -> text))
                .with("seal_floor", local.seals().floor())
                .with("version", state.version());
        for (String node : keys.others()) {
            if (version(WRAP + node) < keys.number()) {
                out.add(new FleetRow(WRAP + node, keys.number(), keys.wrap(node, content)));
            }
        }
    }
}
