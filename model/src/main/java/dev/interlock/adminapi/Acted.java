package dev.interlock.adminapi;

/** The answer to a command that takes effect even if nothing can be written. */
public interface Acted {

    /** Returns whether the ledger has it. */
    boolean recorded();

    /** Returns whether it survives a restart. */
    default boolean durable() {
        return true;
    }
}
