package dev.interlock.vault;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What people sign about a fleet ({@code docs/formats/vault.md}): the names of its nodes with their public keys of
 * X25519, and the digest of the key that they share. The highest number counts, and each node checks the signatures
 * itself. A machine's request to join is the document of a fleet of its own.
 */
public record FleetDocument(long number, String key, SortedMap<String, String> nodes) {

    public static final String PAYLOAD_TYPE = "application/vnd.interlock.fleet.v1+json";
    /** The SSHSIG namespace of its signatures. */
    public static final String NAMESPACE = "interlock-fleet@v1";

    private static final String TYPE = "interlock-fleet@v1";
    private static final int MAX_NODES = 64;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final int PUBLIC_KEY_BYTES = 32;

    public FleetDocument {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        if (number < 1
                || nodes.isEmpty()
                || nodes.size() > MAX_NODES
                || !DIGEST.matcher(key).matches()) {
            throw new MalformedException("not a fleet's number, key and nodes");
        }
        nodes.forEach((name, node) -> {
            if (!NAME.matcher(name).matches() || publicKey(node).length != PUBLIC_KEY_BYTES) {
                throw new MalformedException("not a node's name and public key");
            }
        });
    }

    /** Returns the request of a machine, which is the first document of a fleet that it begins. */
    static FleetDocument request(String name, byte[] publicKey, String key) {
        String node = Base64.getUrlEncoder().withoutPadding().encodeToString(publicKey);
        return new FleetDocument(1, key, new TreeMap<>(Map.of(name, node)));
    }

    /** Returns a request as one word, for a person to pass on. */
    public String word() {
        return nodes.firstKey() + "," + nodes.get(nodes.firstKey()) + "," + key;
    }

    public static FleetDocument readWord(String word) {
        String[] parts = word.strip().split("\\R", 2)[0].strip().split(",", -1); // the hint below it may be copied too
        if (parts.length != 3) {
            throw new IllegalArgumentException("not the request that `interlock fleet join` printed");
        }
        return request(parts[0], publicKey(parts[1]), parts[2]);
    }

    /** Returns the next document, with the machine that asks to join. */
    public FleetDocument admit(FleetDocument request) {
        String name = request.nodes().firstKey();
        if (nodes.containsKey(name)) {
            throw new IllegalArgumentException("`" + name + "` is a node of the fleet already");
        }
        SortedMap<String, String> more = new TreeMap<>(nodes);
        more.putAll(request.nodes());
        return new FleetDocument(number + 1, key, more);
    }

    /** Returns the next document, without {@code node}, and with a key that it does not know. */
    public FleetDocument expel(String node, String next) {
        SortedMap<String, String> rest = new TreeMap<>(nodes);
        if (rest.remove(node) == null) {
            throw new IllegalArgumentException(
                    "`" + node + "` is no node of the fleet: it has " + String.join(", ", nodes.keySet()));
        }
        return new FleetDocument(number + 1, next, rest);
    }

    /** Returns what {@code before} has otherwise, a line each, for those who sign. */
    public List<String> changes(FleetDocument before) {
        List<String> changes = new ArrayList<>();
        nodes.forEach((name, node) -> {
            String earlier = before.nodes().get(name);
            if (!node.equals(earlier)) {
                changes.add((earlier == null ? "ADDED    " : "ITS KEY CHANGES  ") + name + ", key " + node);
            }
        });
        before.nodes().keySet().stream()
                .filter(name -> !nodes.containsKey(name))
                .forEach(name -> changes.add(
                        "REMOVED  " + name + (key.equals(before.key()) ? ", WHICH KEEPS THE FLEET'S KEY" : "")));
        if (!key.equals(before.key())) {
            changes.add("ANOTHER KEY of the fleet, which no removed node gets");
        }
        return changes;
    }

    public Envelope envelope() {
        return Envelope.of(PAYLOAD_TYPE, json().canonical());
    }

    private Json.Members json() {
        Json.Members members = Json.object();
        for (var node : nodes.entrySet()) {
            members = members.with(node.getKey(), node.getValue());
        }
        return Json.object()
                .with("type", TYPE)
                .with("number", number)
                .with("key", key)
                .with("nodes", members);
    }

    /** Reads {@code envelope} without its signatures. It may be shown to people, or was verified before. */
    public static FleetDocument unverified(Envelope envelope) {
        return read(envelope.unverified());
    }

    /** Reads {@code envelope} if enough of the pinned keys signed it. */
    public static FleetDocument verify(Envelope envelope, Vault.PinnedSealKeys pins) throws BadSignatureException {
        return read(envelope.verify(PAYLOAD_TYPE, NAMESPACE, pins.keys(), pins.quorum())
                .payload());
    }

    private static FleetDocument read(byte[] payload) {
        Json.Members fields = Json.readObject(payload);
        Json.Members members = fields.object("nodes");
        SortedMap<String, String> nodes = new TreeMap<>();
        members.members().keySet().forEach(name -> nodes.put(name, members.text(name)));
        FleetDocument read = new FleetDocument(fields.whole("number"), fields.text("key"), nodes);
        if (!Arrays.equals(read.json().canonical(), payload)) { // an unknown member, or another type
            throw new MalformedException("not a fleet document of a known version");
        }
        return read;
    }

    boolean has(String name, byte[] publicKey) {
        return nodes.containsKey(name) && Arrays.equals(publicKey(nodes.get(name)), publicKey);
    }

    static byte[] publicKey(String node) {
        return Base64.getUrlDecoder().decode(node);
    }
}
