/**
 * Where backups lie, as bytes under names. Begin with {@link dev.interlock.backup.place.Place}: a new kind of place is
 * a class beside {@link dev.interlock.backup.place.DirectoryPlace}, a record in
 * {@link dev.interlock.backup.place.Target} and a case of {@link dev.interlock.backup.place.Place#of}. It must not know
 * what is in those bytes.
 */
@NullMarked
package dev.interlock.backup.place;

import org.jspecify.annotations.NullMarked;
