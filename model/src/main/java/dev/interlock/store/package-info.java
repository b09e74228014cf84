/**
 * State that is not evidence: leases, holds, what was consumed, the highest seal seen. One SQLite file.
 *
 * <p>It must not know what any table means: each room brings its own {@link dev.interlock.store.Schema} and its own
 * SQL. Whatever goes wrong here is a {@link dev.interlock.store.StoreUnavailableException}, and every caller refuses.
 * Start with {@link dev.interlock.store.Database}.
 */
@NullMarked
package dev.interlock.store;

import org.jspecify.annotations.NullMarked;
