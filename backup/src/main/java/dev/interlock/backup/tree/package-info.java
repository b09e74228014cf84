/**
 * Saves directories with everything in them. Begin with {@link dev.interlock.backup.tree.DirectorySourceHandler} and
 * {@link dev.interlock.backup.tree.DirectoryTree}.
 */
@NullMarked
package dev.interlock.backup.tree;

import org.jspecify.annotations.NullMarked;
