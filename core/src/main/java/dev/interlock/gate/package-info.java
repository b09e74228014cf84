/**
 * The one path that every call takes: sense, decide, act, secure. Start with {@link dev.interlock.gate.Gate}, and go on
 * with {@code Senses}, {@code Judging}, {@code Records} and {@link dev.interlock.gate.Upstream}.
 *
 * <p>It knows every room behind it and no front: a front hands over an {@link dev.interlock.action.Attempt} and a way
 * to forward, and gets an {@link dev.interlock.gate.Outcome}. It reads no wire format but the two small JSON bodies by
 * which agents ask the gateway itself ({@code Derivations}, {@code Elevating}). What it keeps is in memory and may be
 * lost: which calls are under way, who waits, what was told or counted already.
 */
@NullMarked
package dev.interlock.gate;

import org.jspecify.annotations.NullMarked;
