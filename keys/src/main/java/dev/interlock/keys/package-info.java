/**
 * The keys process, and the two ways to reach it: as a child, or at a socket of another user.
 *
 * <p>It must not know the gateway, and parses nothing that an agent wrote. Start with {@link KeysMain}.
 */
@NullMarked
package dev.interlock.keys;

import org.jspecify.annotations.NullMarked;
