/**
 * The recovery kit: what nobody can make again once a machine is gone, as one encrypted text that can be printed, and
 * the code that opens it.
 *
 * <p>It knows files and nothing of what is in them; which belong in it, and whether they are good for anything, is for
 * whoever makes and tries one. Begin with {@link dev.interlock.recovery.Kit}, then
 * {@link dev.interlock.recovery.SealedKit}.
 */
@NullMarked
package dev.interlock.recovery;

import org.jspecify.annotations.NullMarked;
