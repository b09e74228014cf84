/**
 * Where resources are, what hangs on them, and what would be lost with them.
 *
 * <p>Two sources are heard: the seal, which binds a provider's environment ids to Interlock's environments, and the
 * provider itself, asked with the gateway's own read credential. Facts only ever add environments; whatever cannot be
 * found out puts a resource into the most protected ones. It must not know policies, leases beyond their id, or who
 * asks; it never decides. Start with {@link dev.interlock.inventory.Inventory}; the provider's side is
 * {@code RailwayResolver}, and {@link dev.interlock.inventory.Consequences} puts the result into words.
 */
@NullMarked
package dev.interlock.inventory;

import org.jspecify.annotations.NullMarked;
