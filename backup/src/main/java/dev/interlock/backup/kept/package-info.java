/**
 * What lies at a place: encrypted files with a manifest ({@link dev.interlock.backup.kept.Shelf}), and what is in a
 * copy of each kind of source ({@link dev.interlock.backup.kept.Holding}), so that it can be told whether all of it is
 * there again. It must not know how a copy is made.
 */
@NullMarked
package dev.interlock.backup.kept;

import org.jspecify.annotations.NullMarked;
