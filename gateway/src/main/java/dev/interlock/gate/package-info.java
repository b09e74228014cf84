/**
 * The one path that every call takes: sense, decide, act, secure. Start with {@link dev.interlock.gate.Gate}.
 *
 * <p>It knows every room behind it and no front: a front hands over an {@link dev.interlock.action.Attempt} and a way
 * to forward, and gets an {@link dev.interlock.gate.Outcome}. It reads no wire format and keeps no state of its own.
 */
@NullMarked
package dev.interlock.gate;

import org.jspecify.annotations.NullMarked;
