/** Files of SQLite, read by SQLite itself in a sandbox. Begin with {@link dev.interlock.backup.sqlite.SqliteSaving}. */
@NullMarked
package dev.interlock.backup.sqlite;

import org.jspecify.annotations.NullMarked;
