/**
 * The program's speed, as ratios of measurements side by side in one run: {@code bench/run}. Nothing here is a test,
 * and no test asserts a time.
 *
 * <p>Start at {@link dev.interlock.system.bench.Bench}.
 */
package dev.interlock.system.bench;
