/**
 * State that is not evidence, in one SQLite file or in PostgreSQL: leases, holds, consumed items, the highest seal
 * seen.
 *
 * <p>This package must not know the meaning of any table: each package brings an interface of its own, such as
 * {@code HoldStore}, and one class {@code Sqlite…} with its {@link dev.interlock.store.Schema} and all its SQL. That is
 * written in SQLite's words, of which {@code Engine} gives PostgreSQL the few that differ. Every failure here is a
 * {@link dev.interlock.store.StoreUnavailableException}, and every caller denies its operation. Start with
 * {@link dev.interlock.store.Database}.
 */
@NullMarked
package dev.interlock.store;

import org.jspecify.annotations.NullMarked;
