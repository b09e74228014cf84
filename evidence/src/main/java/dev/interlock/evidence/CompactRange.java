package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;

/** A growing tree that keeps only the roots of its full subtrees, one for each bit set in its size. For one thread. */
public final class CompactRange {

    private long size;
    private final List<Hash> peaks = new ArrayList<>(); // the full subtrees from left to right, so from large to small

    public CompactRange() {}

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

    public void append(Hash leaf) {
        Hash merged = leaf;
        for (long bits = size; (bits & 1) == 1; bits >>>= 1) {
            merged = Hash.node(peaks.remove(peaks.size() - 1), merged);
        }
        peaks.add(merged);
        size++;
    }

    public long size() {
        return size;
    }

    public Hash root() {
        if (peaks.isEmpty()) {
            return Hash.emptyRoot();
        }
        Hash root = peaks.get(peaks.size() - 1);
        for (int i = peaks.size() - 2; i >= 0; i--) {
            root = Hash.node(peaks.get(i), root);
        }
        return root;
    }
}
