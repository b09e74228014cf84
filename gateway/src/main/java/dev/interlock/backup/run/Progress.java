package dev.interlock.backup.run;

/** Hears how far long work has come. */
@FunctionalInterface
public interface Progress {

    /**
     * Something went on.
     *
     * @param doing in a few words
     * @param bytes how many have passed, or 0 where nothing is counted
     */
    void at(String doing, long bytes);
}
