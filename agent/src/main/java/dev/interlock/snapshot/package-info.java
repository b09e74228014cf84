/**
 * Copies of a workspace, kept when a run begins, and their return by {@code interlock undo}.
 *
 * <p>An agent writes all of a workspace, also its repository. So nothing here runs what lies in one, and no link in it
 * is followed. Start with {@link dev.interlock.snapshot.SnapshotStore}.
 */
@NullMarked
package dev.interlock.snapshot;

import org.jspecify.annotations.NullMarked;
