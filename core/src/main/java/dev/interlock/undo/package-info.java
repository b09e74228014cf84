/**
 * The states that the gateway keeps before calls change them, so that people can put them back.
 *
 * <p>This package must not know protocols, catalogs or credentials: a state is bytes, which the keys process encrypts.
 * Start with {@link dev.interlock.undo.UndoStore}. The gate keeps a state after the durable intent and before the first
 * byte of the call.
 */
@NullMarked
package dev.interlock.undo;

import org.jspecify.annotations.NullMarked;
