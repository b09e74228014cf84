/**
 * Saves SQLite files, which SQLite itself reads in a sandbox. Begin with
 * {@link dev.interlock.backup.sqlite.SqliteSourceHandler}.
 */
@NullMarked
package dev.interlock.backup.sqlite;

import org.jspecify.annotations.NullMarked;
