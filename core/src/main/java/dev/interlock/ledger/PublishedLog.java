package dev.interlock.ledger;

import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.CompactRange;
import dev.interlock.evidence.EntryBundle;
import dev.interlock.evidence.Hash;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.TileBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The static log as it would be on disk. It takes receipts, and tells which files have changed.
 *
 * <p>Threading: owned by the publisher's thread.
 */
final class PublishedLog {

    private final TileBuilder tiles;
    private final CompactRange range;
    private final List<byte[]> edge = new ArrayList<>();
    private final Map<String, byte[]> full = new TreeMap<>();
    /** The roots that must result at certain sizes, because somebody has seen them. */
    private final Map<Long, Hash> promised = new HashMap<>();

    private long bundled;

    /** Creates the log behind a published tree. Receipts must be given from the start of its last bundle. */
    PublishedLog(TileBuilder tiles, CompactRange range) {
        this.tiles = tiles;
        this.range = range;
        this.bundled = tiles.size() - tiles.size() % Tile.WIDTH;
    }

    /** Makes {@link #add} refuse to pass {@code checkpoint}'s size with another root. */
    void promise(Checkpoint checkpoint) {
        promised.put(checkpoint.size(), checkpoint.root());
    }

    long size() {
        return range.size();
    }

    long wanted() {
        return bundled;
    }

    /** Takes the next receipt; ignores those that it has already. */
    void add(long leaf, byte[] entry) throws IOException {
        if (leaf == bundled) {
            edge.add(entry);
            bundled++;
            if (edge.size() == Tile.WIDTH) {
                full.put(bundle(leaf / Tile.WIDTH, Tile.WIDTH).path(), EntryBundle.write(edge));
                edge.clear();
            }
        }
        if (leaf == range.size()) {
            Hash hash = Hash.leaf(entry);
            range.append(hash);
            tiles.append(hash, (tile, hashes) -> full.put(tile.path(), hashes));
            requirePromised();
        }
    }

    private void requirePromised() throws LedgerCorruptException {
        Hash root = promised.remove(range.size());
        if (root != null && !root.equals(range.root())) {
            throw new LedgerCorruptException(
                    "the receipts up to " + range.size() + " differ from those that a signed checkpoint covers");
        }
    }

    private static Tile bundle(long index, int width) {
        return Tile.entries(index, width);
    }

    Checkpoint checkpoint(String origin) {
        return new Checkpoint(origin, range.size(), range.root());
    }

    /** Returns full files that are not yet written; they never change again. */
    Map<String, byte[]> full() {
        return Map.copyOf(full);
    }

    void written(Map<String, byte[]> files) {
        full.keySet().removeAll(files.keySet());
    }

    Map<String, byte[]> partials() throws IOException {
        Map<String, byte[]> partials = new TreeMap<>();
        tiles.partials((tile, hashes) -> partials.put(tile.path(), hashes));
        if (!edge.isEmpty()) {
            partials.put(bundle(bundled / Tile.WIDTH, edge.size()).path(), EntryBundle.write(edge));
        }
        return partials;
    }
}
