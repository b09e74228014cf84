package dev.interlock.gate;

/**
 * A call that was let through and is not over: its answer may still be streaming. While it is open it can be cut off;
 * whoever has the answer closes it when they are done with that.
 */
@FunctionalInterface
public interface Flight extends AutoCloseable {

    /** It is over. */
    @Override
    void close();
}
