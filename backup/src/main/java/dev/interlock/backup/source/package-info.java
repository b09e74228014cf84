/**
 * What is copied ({@link dev.interlock.backup.source.Source}), and what there must be for each kind of it:
 * {@link dev.interlock.backup.source.Saving}. A new kind is a package beside {@code postgres} with its own Saving, a
 * record in Source, one in {@link dev.interlock.backup.kept.Holding}, and a case of {@code Job.saving}. It must not
 * know any kind.
 */
@NullMarked
package dev.interlock.backup.source;

import org.jspecify.annotations.NullMarked;
