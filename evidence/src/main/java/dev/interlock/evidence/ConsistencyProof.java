package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;

/**
 * A proof that one tree grew out of another, with none of its leaves changed.
 *
 * @param sizes of both
 * @param path from the bottom up
 */
public record ConsistencyProof(Sizes sizes, List<Hash> path) {

    /**
     * Two sizes in leaves.
     *
     * @param first of the older tree, from 1
     * @param second of the younger, not smaller
     */
    public record Sizes(long first, long second) {}

    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /**
     * Checks the proof (RFC 9162 §2.1.4.2). The RFC requires {@code 0 < first < second}. Of two trees of one size the
     * roots are compared. The empty tree precedes every tree and needs no proof, so none is accepted for it.
     *
     * @throws BadProofException if the tree of {@code secondRoot} is not shown to begin with that of {@code firstRoot}
     */
    public void verify(Hash firstRoot, Hash secondRoot) throws BadProofException {
        if (sizes.first < 1 || sizes.first > sizes.second) {
            throw new BadProofException("no tree of " + sizes.first + " leaves grows to one of " + sizes.second);
        }
        if (sizes.first == sizes.second) {
            requireSame(firstRoot, secondRoot);
            return;
        }
        // Step 1.
        if (path.isEmpty()) {
            throw new BadProofException("the consistency proof is empty");
        }
        walk(complete(firstRoot), firstRoot, secondRoot);
    }

    private void requireSame(Hash firstRoot, Hash secondRoot) throws BadProofException {
        if (!path.isEmpty() || !firstRoot.equals(secondRoot)) {
            throw new BadProofException("two trees of one size differ");
        }
    }

    /** Step 2: a full tree's root is itself the first node and is left out of the proof. */
    private List<Hash> complete(Hash firstRoot) {
        List<Hash> complete = new ArrayList<>(path);
        if (Long.bitCount(sizes.first) == 1) {
            complete.addFirst(firstRoot);
        }
        return complete;
    }

    private void walk(List<Hash> complete, Hash firstRoot, Hash secondRoot) throws BadProofException {
        // Steps 3 and 4.
        int skip = Long.numberOfTrailingZeros(sizes.first);
        long fn = (sizes.first - 1) >>> skip;
        long sn = (sizes.second - 1) >>> skip;
        // Step 5.
        Hash fr = complete.getFirst();
        Hash sr = complete.getFirst();
        // Step 6.
        for (Hash c : complete.subList(1, complete.size())) {
            // Step 6a.
            if (sn == 0) {
                throw new BadProofException("the consistency proof is too long");
            }
            // Step 6b.
            if ((fn & 1) == 1 || fn == sn) {
                fr = Hash.node(c, fr);
                sr = Hash.node(c, sr);
                int shift = (fn & 1) == 1 ? 0 : Math.min(Long.numberOfTrailingZeros(fn), Long.SIZE - 1);
                fn >>>= shift;
                sn >>>= shift;
            } else {
                sr = Hash.node(sr, c);
            }
            // Step 6c.
            fn >>>= 1;
            sn >>>= 1;
        }
        // Step 7.
        if (sn != 0) {
            throw new BadProofException("the consistency proof is too short");
        }
        if (!fr.equals(firstRoot) || !sr.equals(secondRoot)) {
            throw new BadProofException("the consistency proof does not lead to these roots");
        }
    }
}
