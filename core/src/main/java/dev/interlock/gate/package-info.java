/**
 * The one path that every call takes: resolve, decide, confirm, record, release, open, forward. Start with
 * {@link dev.interlock.gate.Gate}, and go on with {@code CallPhase}, {@code AttemptResolver}, {@code DecisionPoint},
 * {@code AuditRecorder} and {@link dev.interlock.gate.Upstream}. {@link dev.interlock.gate.CallHandler} puts them
 * together for the fronts.
 *
 * <p>The package knows every package behind it and no front. A front hands over an {@link dev.interlock.action.Attempt}
 * and an {@code Upstream}, and gets an {@link dev.interlock.gate.Outcome}. The package reads no wire format except two
 * small JSON bodies, by which agents ask the gateway itself ({@code LeaseDerivation}, {@code ElevationHandler}). Its
 * state is in memory and may be lost: the calls in flight, the waiters, and the alerts and refusals already recorded or
 * counted.
 */
@NullMarked
package dev.interlock.gate;

import org.jspecify.annotations.NullMarked;
