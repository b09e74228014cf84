/**
 * Administers the vault for people: stores, fetches and removes the credentials that a policy names.
 *
 * <p>It must not open a credential for a call; only the keys process does. Start with {@link Credentials}.
 */
@NullMarked
package dev.interlock.credentials;

import org.jspecify.annotations.NullMarked;
