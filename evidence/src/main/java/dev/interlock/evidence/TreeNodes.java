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

    /**
     * Returns the proof that the tree of {@code size} leaves begins with that of {@code before} (RFC 9162 §2.1.4.1).
     */
    default ConsistencyProof consistency(long before, long size) {
        if (before < 0 || before > size) {
            throw new IllegalArgumentException("the tree of " + size + " leaves has no part of " + before);
        }
        List<Hash> path = new ArrayList<>();
        long start = 0;
        long end = size;
        boolean isWhole = true; // whether the verifier has the root of this part already
        while (before > 0 && before < end) {
            long split = start + Long.highestOneBit(end - start - 1);
            boolean isLeft = before <= split;
            path.add(0, isLeft ? range(split, end) : range(start, split));
            isWhole &= isLeft;
            start = isLeft ? start : split;
            end = isLeft ? split : end;
        }
        if (!isWhole) {
            path.add(0, range(start, end));
        }
        return new ConsistencyProof(before, size, path);
    }
}
