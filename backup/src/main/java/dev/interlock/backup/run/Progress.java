package dev.interlock.backup.run;

/** Receives the progress of long work. */
@FunctionalInterface
public interface Progress {

    /**
     * Reports a step.
     *
     * @param doing a short description
     * @param bytes the bytes processed so far, or 0 if they are not counted
     */
    void at(String doing, long bytes);

    /** Announces the total of bytes while {@code doing}. */
    default void expect(String doing, long bytes) {}

    /** Announces an estimated total as {@link #expect}, based on the last run. */
    default void expectAbout(String doing, long bytes) {}
}
