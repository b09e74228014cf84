package dev.interlock.evidence;

import java.util.List;

/** A proof that a tree of {@code size} leaves begins with the tree of {@code before} leaves (RFC 9162 §2.1.4). */
public record ConsistencyProof(long before, long size, List<Hash> path) {

    static final int MAX_PATH = 63; // as many as tlog-witness allows

    public ConsistencyProof {
        path = List.copyOf(path);
        if (before < 0 || path.size() > MAX_PATH) {
            throw new MalformedException("a consistency proof is from a negative size, or too long");
        }
    }

    /** Throws unless the tree of {@code root} is shown to begin with the one of {@code old} (RFC 9162 §2.1.4.2). */
    public void verify(Hash old, Hash root) throws BadSignatureException {
        if (before > size) {
            throw new BadSignatureException("the tree of " + size + " leaves has no part of " + before);
        }
        if (before == 0 || before == size) {
            // Every tree begins with the empty one, and a tree with itself alone.
            boolean isSame = before == 0 ? old.equals(Hash.emptyRoot()) : old.equals(root);
            if (!path.isEmpty() || !isSame) {
                throw new BadSignatureException("the roots differ, or the proof is not empty");
            }
            return;
        }
        boolean isPower = Long.bitCount(before) == 1; // then its root is a node of the larger tree, and not in the path
        if (path.isEmpty()) {
            throw new BadSignatureException("the consistency proof is too short");
        }
        int shift = Long.numberOfTrailingZeros(before);
        long fn = (before - 1) >>> shift;
        long sn = (size - 1) >>> shift;
        Hash fr = isPower ? old : path.get(0);
        Hash sr = fr;
        for (Hash c : path.subList(isPower ? 0 : 1, path.size())) {
            if (sn == 0) {
                throw new BadSignatureException("the consistency proof is too long");
            }
            if ((fn & 1) == 1 || fn == sn) {
                fr = Hash.node(c, fr);
                sr = Hash.node(c, sr);
                int up = (fn & 1) == 1 ? 0 : Long.numberOfTrailingZeros(fn);
                fn >>>= up;
                sn >>>= up;
            } else {
                sr = Hash.node(sr, c);
            }
            fn >>>= 1;
            sn >>>= 1;
        }
        if (sn != 0) {
            throw new BadSignatureException("the consistency proof is too short");
        }
        if (!fr.equals(old) || !sr.equals(root)) {
            throw new BadSignatureException("the consistency proof does not lead to these roots");
        }
    }
}
