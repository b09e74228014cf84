package dev.interlock.catalog;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The arguments that a catalog lists under {@code plain}: names, kinds and the like, which receipts hold in words. Of
 * any other text in a request they hold a salted digest.
 */
final class PlainPaths {

    private final Map<ArgumentPath, CatalogSection> listed = new LinkedHashMap<>();
    private final Set<ArgumentPath> used = new HashSet<>();

    PlainPaths(CatalogSection top) {
        for (CatalogSection item : top.items("plain")) {
            if (listed.put(item.read(ArgumentPath::parse), item) != null) {
                throw item.wrong("is listed twice");
            }
        }
    }

    /** Returns whether {@code path}, which an operation shows, is listed. Names of members always count as such. */
    boolean contains(ArgumentPath path) {
        used.add(path);
        return listed.containsKey(path) || path.steps().getLast().equals(ArgumentPath.NAMES);
    }

    /** Requires that an operation shows each of them, because otherwise it is a slip. */
    void requireUsed() {
        listed.forEach((path, item) -> {
            if (!used.contains(path)) {
                throw item.wrong("is not among the `facts` of any operation");
            }
        });
    }
}
