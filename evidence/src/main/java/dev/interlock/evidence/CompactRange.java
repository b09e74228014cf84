package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;

/**
 * A growing tree that keeps only the roots of its full subtrees: one for each bit that is set in its size.
 *
 * <p>Threading: none; it belongs to the appender.
 */
public final class CompactRange {

    private long size;
    /** The full subtrees from left to right, so from large to small. */
    private final List<Hash> peaks = new ArrayList<>();

    /** Creates a tree without leaves. */
    public CompactRange() {}

    /** Returns the tree of {@code size} leaves, with nodes from {@code nodes}. */
    static CompactRange at(long size, TreeNodes nodes) {
        CompactRange range = new CompactRange();
        long start = 0;
        for (int level = Long.SIZE - 2; level >= 0; level--) {
            if ((size >>> level & 1) == 1) {
                range.peaks.add(nodes.node(level, start >>> level));
                start += 1L << level;
            }
        }
        range.size = size;
        return range;
    }

    /** Appends a leaf by its hash. */
    public void append(Hash leaf) {
        Hash merged = leaf;
        for (long bits = size; (bits & 1) == 1; bits >>>= 1) {
            merged = Hash.node(peaks.removeLast(), merged);
        }
        peaks.add(merged);
        size++;
    }

    /** The number of leaves. */
    public long size() {
        return size;
    }

    /** The current root of the tree. */
    public Hash root() {
        return peaks.reversed().stream()
                .reduce((right, left) -> Hash.node(left, right))
                .orElseGet(Hash::emptyRoot);
    }
}
