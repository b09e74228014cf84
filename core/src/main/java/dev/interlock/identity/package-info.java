/**
 * Who is calling: leases, the tokens that stand for them, and the rules by which they are issued.
 *
 * <p>It must not know what an attempt means, nor what policy says of it; it reads the carriers that a front took out of
 * a call, and nothing else of it. A token is kept nowhere, only its SHA-256. Start with
 * {@link dev.interlock.identity.Identity} (every call passes it) and {@link dev.interlock.identity.Leases} (the
 * administrative side).
 */
@NullMarked
package dev.interlock.identity;

import org.jspecify.annotations.NullMarked;
