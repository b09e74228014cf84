package dev.interlock.adminapi;

/** The answer to a command that takes effect even if nothing can be written. */
public interface Acted {

    boolean recorded();

    /** Returns whether it survives a restart. */
    default boolean durable() {
        return true;
    }

    interface EndedWork extends Acted {
        EndedLeases ended();

        @Override
        default boolean recorded() {
            return ended().recorded();
        }

        @Override
        default boolean durable() {
            return ended().durable();
        }
    }
}
