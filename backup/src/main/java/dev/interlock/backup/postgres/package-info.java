/**
 * Databases of PostgreSQL, by its own programs. Begin with {@link dev.interlock.backup.postgres.PostgresSaving}. What a
 * dump says is run in a sandbox only, since a dump is a program.
 */
@NullMarked
package dev.interlock.backup.postgres;

import org.jspecify.annotations.NullMarked;
