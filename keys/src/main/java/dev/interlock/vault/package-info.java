/**
 * Stores the upstreams' real secrets: their origin, their form on disk, and the rules for opening one.
 *
 * <p>A secret that can destroy in a protected environment opens only for a proof that this package has checked by
 * itself: the seal's envelope against pinned keys, the statement, and every signature. It must therefore not know
 * {@code confirm}, which it does not trust, nor any front. It never prints, logs or compares a secret in the clear.
 *
 * <p>In a gateway it runs in a separate process ({@link dev.interlock.vault.KeysServer}), which the other packages call
 * through {@link dev.interlock.vault.CredentialKeeper}. An attacker who takes over the parsing of agents' requests
 * still has to ask that process.
 *
 * <p>Start with {@link dev.interlock.vault.Vault}. {@code ProofCheck} is the check that confirm cannot bypass, and
 * {@code StoreDirectory} is the form on disk ({@code docs/formats/vault.md}).
 */
@NullMarked
package dev.interlock.vault;

import org.jspecify.annotations.NullMarked;
