package dev.interlock.gate;

/**
 * A call that was let through and is not over: its answer may still be streaming. While it is open it can be cut off.
 * The holder of the answer closes it at the end.
 */
@FunctionalInterface
public interface InFlightCall extends AutoCloseable {

    /** Leaves its place to other calls, because it lasts as a session does. It can be cut off until it is closed. */
    default void leavePlace() {}

    @Override
    void close();
}
