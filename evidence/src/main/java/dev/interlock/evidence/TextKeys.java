package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The keys of sealed texts, as the few nodes of a binary tree from which all others follow. Forgetting a key keeps the
 * nodes beside its path, from which it cannot be computed. Immutable; threading: any.
 */
public final class TextKeys {

    public static final int LENGTH = 32;

    /** A log with a thousand receipts a second has so many within thirty years. */
    private static final int DEPTH = 40;

    /** The end of all numbers. */
    public static final long END = 1L << DEPTH;

    /** No keys at all. */
    public static final TextKeys NONE = new TextKeys(new TreeMap<>());

    private static final String TYPE = "interlock-text-keys@v1";
    private static final byte LEFT = 0;
    private static final byte RIGHT = 1;
    private static final byte KEY = 2;

    /** A node {@code depth} steps below the root. */
    private record KeyNode(int depth, byte[] secret) {
        long width() {
            return END >> depth;
        }

        KeyNode child(byte side) {
            return new KeyNode(depth + 1, Sha256.of(new byte[] {side}, secret));
        }
    }

    private final NavigableMap<Long, KeyNode> nodes;

    private TextKeys(NavigableMap<Long, KeyNode> nodes) {
        this.nodes = nodes;
    }

    /** Returns the keys that follow from {@code root}, {@value #LENGTH} random bytes. */
    public static TextKeys of(byte[] root) {
        return new TextKeys(new TreeMap<>(Map.of(0L, new KeyNode(0, root.clone()))));
    }

    /** Returns the key of the receipt {@code id}, sealed under {@code number}; empty if it is forgotten. */
    public Optional<byte[]> key(long number, String id) {
        Map.Entry<Long, KeyNode> above = nodes.floorEntry(number);
        if (above == null || number - above.getKey() >= above.getValue().width()) {
            return Optional.empty();
        }
        KeyNode node = above.getValue();
        while (node.depth() < DEPTH) {
            boolean isRight = (number >> (DEPTH - 1 - node.depth()) & 1) == 1;
            node = node.child(isRight ? RIGHT : LEFT);
        }
        return Optional.of(Sha256.of(new byte[] {KEY}, node.secret(), id.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the key of the texts of {@code receipt}, if they are sealed and it is known. */
    public Optional<byte[]> of(Receipt receipt) {
        OptionalLong number = SealedTexts.number(receipt);
        return number.isPresent() ? key(number.getAsLong(), receipt.id()) : Optional.empty();
    }

    /** Returns the first number from {@code from} on whose key is known. */
    public long known(long from) {
        Map.Entry<Long, KeyNode> at = nodes.floorEntry(from);
        if (at != null && from - at.getKey() < at.getValue().width()) {
            return from;
        }
        Long next = nodes.ceilingKey(from);
        return next == null ? END : next;
    }

    /** Returns these keys without those of the numbers from {@code from} to {@code to}, both included. */
    public TextKeys without(long from, long to) {
        NavigableMap<Long, KeyNode> kept = new TreeMap<>();
        nodes.forEach((first, node) -> keep(first, node, from, to, kept));
        return new TextKeys(kept);
    }

    private static void keep(long first, KeyNode node, long from, long to, NavigableMap<Long, KeyNode> kept) {
        long last = first + node.width() - 1;
        if (last < from || first > to) {
            kept.put(first, node);
        } else if (first < from || last > to) {
            keep(first, node.child(LEFT), from, to, kept);
            keep(first + node.width() / 2, node.child(RIGHT), from, to, kept);
        }
    }

    /** Returns the file: RFC 8785 JSON. */
    public byte[] write() {
        List<Json> rows = new ArrayList<>();
        nodes.forEach((first, node) -> rows.add(Json.object()
                .with("first", first)
                .with("depth", node.depth())
                .with("secret", Base64Text.write(node.secret()))));
        return Json.object().with("type", TYPE).with("nodes", new Json.Array(rows)).canonical();
    }

    public static TextKeys read(byte[] file) {
        Json.Members fields = Json.readObject(file);
        if (!fields.textIfAny("type").equals(Optional.of(TYPE))) {
            throw new MalformedException("these are no text keys");
        }
        NavigableMap<Long, KeyNode> nodes = new TreeMap<>();
        long end = 0;
        for (Json.Members row : fields.objects("nodes")) {
            long first = row.whole("first");
            long depth = row.whole("depth");
            byte[] secret = Base64Text.read(row.text("secret"));
            boolean isNode = depth >= 0 && depth <= DEPTH && secret.length == LENGTH && first >= end;
            if (!isNode || first % (END >> depth) != 0 || first + (END >> depth) > END) {
                throw new MalformedException("a node of the text keys is out of place");
            }
            end = first + (END >> depth);
            nodes.put(first, new KeyNode((int) depth, secret));
        }
        return new TextKeys(nodes);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
