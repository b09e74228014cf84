/**
 * Identifies callers: leases, the tokens that stand for them, and the rules by which they are issued.
 *
 * <p>It must not know what an attempt means, nor what policy decides about it. It reads only the carriers that a front
 * extracted from a call. No token is stored, only its SHA-256. Start with {@link dev.interlock.identity.Identity},
 * which every call passes, and {@link dev.interlock.identity.Leases}, the administrative side.
 */
@NullMarked
package dev.interlock.identity;

import org.jspecify.annotations.NullMarked;
