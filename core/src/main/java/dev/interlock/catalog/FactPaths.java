package dev.interlock.catalog;

import java.util.List;
import java.util.Set;

/**
 * The arguments of an operation that people are shown.
 *
 * @param all their paths
 * @param whole those that people must be able to read to their end
 * @param plain those whose single words receipts hold; of other texts they hold a salted digest
 */
record FactPaths(List<ArgumentPath> all, Set<ArgumentPath> whole, Set<ArgumentPath> plain) {

    /** No arguments. */
    static final FactPaths NONE = new FactPaths(List.of(), Set.of(), Set.of());
}
