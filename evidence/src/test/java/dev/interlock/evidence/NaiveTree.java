package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;

/** RFC 9162 §2.1, implemented literally and slowly. */
final class NaiveTree {

    private NaiveTree() {}

    static Hash root(List<Hash> leaves) {
        if (leaves.isEmpty()) {
            return Hash.emptyRoot();
        }
        if (leaves.size() == 1) {
            return leaves.getFirst();
        }
        int k = split(leaves.size());
        return Hash.node(root(leaves.subList(0, k)), root(leaves.subList(k, leaves.size())));
    }

    static List<Hash> path(int m, List<Hash> leaves) {
        if (leaves.size() == 1) {
            return List.of();
        }
        int k = split(leaves.size());
        List<Hash> left = leaves.subList(0, k);
        List<Hash> right = leaves.subList(k, leaves.size());
        List<Hash> path = new ArrayList<>(m < k ? path(m, left) : path(m - k, right));
        path.add(root(m < k ? right : left));
        return path;
    }

    static List<Hash> consistency(int m, List<Hash> leaves, boolean isWhole) {
        if (m == 0 || m == leaves.size()) {
            return isWhole ? List.of() : List.of(root(leaves));
        }
        int k = split(leaves.size());
        List<Hash> left = leaves.subList(0, k);
        List<Hash> right = leaves.subList(k, leaves.size());
        List<Hash> path = new ArrayList<>(m <= k ? consistency(m, left, isWhole) : consistency(m - k, right, false));
        path.add(root(m <= k ? right : left));
        return path;
    }

    private static int split(int n) {
        return Integer.highestOneBit(n - 1);
    }

    static TreeNodes nodes(List<Hash> leaves) {
        return (level, index) -> root(leaves.subList((int) (index << level), (int) ((index + 1) << level)));
    }
}
