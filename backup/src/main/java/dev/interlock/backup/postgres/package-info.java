/**
 * PostgreSQL databases, saved with PostgreSQL's own programs. Begin with
 * {@link dev.interlock.backup.postgres.PostgresSourceHandler}. A dump is a program, so it runs only in a sandbox.
 */
@NullMarked
package dev.interlock.backup.postgres;

import org.jspecify.annotations.NullMarked;
