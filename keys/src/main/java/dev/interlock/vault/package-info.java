/**
 * The upstreams' real secrets: where they come from, how they lie on disk, and when one may be opened.
 *
 * <p>A secret that can destroy in a protected environment opens only for a proof that this room has checked by itself:
 * the seal's envelope against pinned keys, the statement, and every signature. It must therefore not know
 * {@code confirm}, whose word it does not take, nor any front, and it never prints, logs or compares a secret in the
 * clear.
 *
 * <p>In a gateway it runs in a process of its own ({@link dev.interlock.vault.KeysServer}), which the other rooms ask
 * through {@link dev.interlock.vault.Keys}: whoever takes over what parses agents' requests still has to ask.
 *
 * <p>Start with {@link dev.interlock.vault.Vault}; {@code SecondCheck} is the check that confirm cannot talk its way
 * past, {@code StoreDirectory} what lies on disk ({@code docs/formats/vault.md}).
 */
@NullMarked
package dev.interlock.vault;

import org.jspecify.annotations.NullMarked;
