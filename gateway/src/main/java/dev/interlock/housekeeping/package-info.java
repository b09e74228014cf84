/**
 * Work that nobody asks for: ending holds in time, raising and repeating alerts, sending probes.
 *
 * <p>A {@link dev.interlock.housekeeping.Task} says what is done and how often.
 * {@link dev.interlock.housekeeping.Housekeeping} runs each on its own thread. {@code daemon.HousekeepingPhase} lists
 * them all.
 */
@NullMarked
package dev.interlock.housekeeping;

import org.jspecify.annotations.NullMarked;
