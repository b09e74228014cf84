package dev.interlock.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;

/** A wall clock and a monotonic one, moved by hand. */
public final class TestingClock implements InstantSource {

    private Instant wall = Instant.parse("2026-11-20T08:00:00Z");
    private long nanos = 1;

    @Override
    public synchronized Instant instant() {
        return wall;
    }

    /** Returns the monotonic time, like {@link System#nanoTime}. */
    public synchronized long nanos() {
        return nanos;
    }

    /** Returns this clock as a {@link Clock}. */
    public Clock utc() {
        return withZone(ZoneOffset.UTC);
    }

    /** Advances both clocks. */
    public synchronized void pass(Duration time) {
        wall = wall.plus(time);
        nanos += time.toNanos();
    }

    /** Sets the wall clock; no time passes. */
    public synchronized void set(Instant to) {
        wall = to;
    }
}
