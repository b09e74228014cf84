package dev.interlock.system.bench;

/**
 * The result of one closed loop.
 *
 * @param rate requests a second
 * @param p50 microseconds
 * @param p99 microseconds
 */
record Load(double rate, double p50, double p99) {}
