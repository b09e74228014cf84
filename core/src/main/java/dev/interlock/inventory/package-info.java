/**
 * Finds where resources are, what depends on them, and what would be lost with them.
 *
 * <p>It has two sources. The seal binds a provider's environment ids to Interlock's environments. The provider itself
 * is queried with the gateway's own read credential. Facts only ever add environments; anything that cannot be found
 * out puts a resource into the most protected ones.
 *
 * <p>It must not know policies, leases beyond their id, or the caller, and it never decides. Start with
 * {@link dev.interlock.inventory.Inventory}. {@code Provider} is the providers' side, and
 * {@link dev.interlock.inventory.LossDescription} describes the result.
 */
@NullMarked
package dev.interlock.inventory;

import org.jspecify.annotations.NullMarked;
