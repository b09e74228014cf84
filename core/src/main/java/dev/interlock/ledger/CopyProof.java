package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.CompactRange;
import dev.interlock.evidence.Hash;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.TreeNodes;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Proves bundles of a copy: they are under the checkpoint that its gateway has signed. Nothing else of the copy is
 * believed, and the tiles that its gateway replaces while it goes on are not needed. For one thread.
 */
final class CopyProof implements ReceiptSearch.BundleCheck {

    private static final int BUNDLE_LEVEL = Integer.numberOfTrailingZeros(Tile.WIDTH);

    private final StaticLog log;
    private final Path directory;
    /** The leaves of the bundle that is proven, and of the last one. */
    private final Map<Long, List<Hash>> leaves = new HashMap<>();

    CopyProof(Path directory, VerifierKey key) throws IOException {
        this.directory = directory;
        try {
            this.log = StaticLog.open(directory, List.of(key));
        } catch (BadSignatureException e) {
            throw new LedgerCorruptException("its checkpoint is not signed by its gateway", e);
        }
    }

    long size() {
        return log.checkpoint().size();
    }

    @Override
    public void require(long number, List<LogEntry> entries) throws LedgerCorruptException {
        long first = number * Tile.WIDTH;
        if (!entries.isEmpty()) {
            leaves.put(number, entries.stream().map(entry -> Hash.leaf(entry.bytes())).toList());
            try {
                TreeNodes nodes = this::node;
                Hash leaf = leaves.get(number).getFirst();
                nodes.inclusion(first, size()).verify(leaf, log.checkpoint().root());
            } catch (BadSignatureException | UncheckedIOException | MalformedException e) {
                throw new LedgerCorruptException(
                        "the receipts from leaf " + first + " on are not those that its gateway has signed: compare `"
                                + directory + "` with another copy by `interlock verify`",
                        e);
            } finally {
                leaves.keySet().removeIf(other -> other < size() / Tile.WIDTH);
            }
        }
    }

    private Hash node(int level, long index) {
        long first = index << level;
        List<Hash> known = leaves.get(first / Tile.WIDTH);
        if (level <= BUNDLE_LEVEL && known != null) {
            CompactRange range = new CompactRange();
            int start = (int) (first % Tile.WIDTH);
            known.subList(start, start + (1 << level)).forEach(range::append);
            return range.root();
        }
        try {
            return log.node(level, index);
        } catch (UncheckedIOException | MalformedException e) {
            if (level < BUNDLE_LEVEL) {
                throw e;
            }
            return Hash.node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
        }
    }
}
