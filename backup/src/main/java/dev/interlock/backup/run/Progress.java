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
}
