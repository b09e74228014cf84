/**
 * State that is not evidence, in one SQLite file: leases, holds, consumed items, the highest seal seen.
 *
 * <p>This package must not know the meaning of any table: each package brings its own
 * {@link dev.interlock.store.Schema} and its own SQL. Every failure here is a
 * {@link dev.interlock.store.StoreUnavailableException}, and every caller denies its operation. Start with
 * {@link dev.interlock.store.Database}.
 */
@NullMarked
package dev.interlock.store;

import org.jspecify.annotations.NullMarked;
