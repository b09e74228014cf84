package dev.interlock.confine;

import java.util.List;

/**
 * What an agent left in its workspace that runs by itself later.
 *
 * @param files by path
 * @param unheld how many files that run by themselves the agent could write: too many, or in directories that it had
 *     shut itself out of
 * @param whole whether the workspace could be looked through, both before and after
 */
public record Leavings(List<File> files, int unheld, boolean whole) {

    /** Of an agent that left nothing. */
    public static final Leavings NONE = new Leavings(List.of(), 0, true);

    /** When nobody could look. */
    static final Leavings UNSEEN = new Leavings(List.of(), 0, false);

    /**
     * One.
     *
     * @param path seen from the workspace
     * @param fresh whether it was not there before; otherwise it was changed
     * @param why who runs it, and when, as a clause
     */
    public record File(String path, boolean fresh, String why) {}

    public Leavings {
        files = List.copyOf(files);
    }
}
