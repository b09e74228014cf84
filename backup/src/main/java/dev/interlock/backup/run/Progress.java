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

    /** So many bytes are going to pass in all while {@code doing}. */
    default void expect(String doing, long bytes) {}

    /** As {@link #expect}, by what passed when it was last done. */
    default void expectAbout(String doing, long bytes) {}
}
