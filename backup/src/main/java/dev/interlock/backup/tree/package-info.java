/**
 * Saves directories with everything in them. Begin with {@link dev.interlock.backup.tree.DirectorySaving} and
 * {@link dev.interlock.backup.tree.Tree}.
 */
@NullMarked
package dev.interlock.backup.tree;

import org.jspecify.annotations.NullMarked;
