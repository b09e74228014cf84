package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;

/** The source of the nodes of full subtrees. */
@FunctionalInterface
public interface TreeNodes {

    /** Returns the root of leaves {@code index << level} up to {@code (index + 1) << level}, all of which exist. */
    Hash node(int level, long index);

    /** Returns the root from leaf {@code start}, a multiple of the span's power of two, to before {@code end}. */
    default Hash range(long start, long end) {
        if (start == end) {
            return Hash.emptyRoot();
        }
        long span = end - start;
        if (Long.bitCount(span) == 1) {
            int level = Long.numberOfTrailingZeros(span);
            return node(level, start >>> level);
        }
        long split = start + Long.highestOneBit(span);
        return Hash.node(range(start, split), range(split, end));
    }

    /** RFC 9162 §2.1.3.1. */
    default InclusionProof inclusion(long index, long size) {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("the tree of " + size + " leaves has no leaf " + index);
        }
        List<Hash> path = new ArrayList<>();
        long start = 0;
        long end = size;
        while (end - start > 1) {
            long split = start + Long.highestOneBit(end - start - 1);
            boolean left = index < split;
            path.add(0, left ? range(split, end) : range(start, split));
            start = left ? start : split;
            end = left ? split : end;
        }
        return new InclusionProof(index, size, path);
    }
}
