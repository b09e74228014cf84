package dev.interlock.housekeeping;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** The alerts about things that go on: each is due at once, after an interval, and when it changes. One thread. */
final class Reminders {

    private final Duration interval;
    private final LongSupplier nanos;
    private final Map<String, RaisedReminder> raised = new HashMap<>();

    private record RaisedReminder(String state, long at) {}

    /** Counts by {@code nanos}, a clock that nobody sets, as {@link System#nanoTime}. */
    Reminders(Duration interval, LongSupplier nanos) {
        this.interval = interval;
        this.nanos = nanos;
    }

    /** Returns whether an alert about {@code subject} is due, and then counts it; another {@code state} is at once. */
    boolean isDue(String subject, String state) {
        long now = nanos.getAsLong();
        boolean due = Optional.ofNullable(raised.get(subject))
                .filter(last -> last.state().equals(state) && now - last.at() < interval.toNanos())
                .isEmpty();
        if (due) {
            raised.put(subject, new RaisedReminder(state, now));
        }
        return due;
    }

    /** Forgets {@code subject}, which is over; returns whether an alert about it was raised. */
    boolean end(String subject) {
        return raised.remove(subject) != null;
    }

    /** Forgets everything that is not among {@code subjects}. */
    void retain(Set<String> subjects) {
        raised.keySet().retainAll(subjects);
    }
}
