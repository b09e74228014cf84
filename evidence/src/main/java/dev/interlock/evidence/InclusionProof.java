package dev.interlock.evidence;

import java.util.List;

/** A proof that leaf {@code index} is in a tree of {@code size} leaves, with the hashes from its sibling up. */
public record InclusionProof(long index, long size, List<Hash> path) {

    static final int MAX_PATH = 63; // one hash for each level that a tree can have

    public InclusionProof {
        path = List.copyOf(path);
    }

    /** Throws unless the tree of {@code root} is shown to hold {@code leaf} at this index (RFC 9162 §2.1.3.2). */
    public void verify(Hash leaf, Hash root) throws BadSignatureException {
        // Step 1: a leaf beyond the tree is in no tree.
        if (index < 0 || index >= size) {
            throw new BadSignatureException("the tree of " + size + " leaves has no leaf " + index);
        }
        // Step 2.
        long fn = index;
        long sn = size - 1;
        // Step 3.
        Hash r = leaf;
        // Step 4.
        for (Hash p : path) {
            // Step 4a: above the root there is nothing.
            if (sn == 0) {
                throw new BadSignatureException("the inclusion proof is too long");
            }
            // Step 4b.
            if ((fn & 1) == 1 || fn == sn) {
                r = Hash.node(p, r);
                int shift = (fn & 1) == 1 ? 0 : Long.numberOfTrailingZeros(fn);
                fn >>>= shift;
                sn >>>= shift;
            } else {
                r = Hash.node(r, p);
            }
            // Step 4c.
            fn >>>= 1;
            sn >>>= 1;
        }
        // Step 5.
        if (sn != 0) {
            throw new BadSignatureException("the inclusion proof is too short");
        }
        if (!r.equals(root)) {
            throw new BadSignatureException("the inclusion proof does not lead to this root");
        }
    }
}
