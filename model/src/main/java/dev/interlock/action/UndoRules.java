package dev.interlock.action;

import java.time.Duration;

/**
 * The seal's rules for the state that the gateway keeps before a call changes it, so that people can put it back.
 *
 * @param agentTime how long the agent may put it back itself; zero if it may not
 * @param maxBytes the maximum length of what is kept for one call, in bytes of JSON
 */
public record UndoRules(Duration time, Duration agentTime, int maxBytes) {

    /** The longest time. Older states are a matter for backups. */
    public static final Duration MAX_TIME = Duration.ofDays(90);

    /** The largest state. The keys process encrypts it as one message. */
    public static final int MAX_BYTES = 1 << 20;

    public UndoRules {
        if (!time.isPositive() || time.compareTo(MAX_TIME) > 0) {
            throw new IllegalArgumentException("`for` must be above 0, and at most " + MAX_TIME.toDays() + "d");
        }
        if (agentTime.isNegative() || agentTime.compareTo(time) > 0) {
            throw new IllegalArgumentException("`agent-for` must not be longer than `for`");
        }
        if (maxBytes < 1 || maxBytes > MAX_BYTES) {
            throw new IllegalArgumentException("`max-bytes` must be from 1 to " + MAX_BYTES);
        }
    }
}
