package dev.interlock.confine;

import dev.interlock.action.ExecutedPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The files of a workspace that run by themselves later, in their present state. Links are not followed, with one
 * exception: a link at such a path within the workspace leads to a file that counts as well. The content is only
 * compared. So replacing a directory on the way by a link during the search reveals nothing.
 *
 * @param held the files and directories to make read-only inside; all exist, and none contains another
 * @param states the state of each file, by its path relative to the workspace
 * @param leadingOut links in place of such a directory that lead to none inside the workspace; without those that a
 *     person lets the agent write
 * @param unheld the number of files that are too many to be held; those furthest from the top
 * @param whole whether all of the workspace was searched
 */
record ExecutedFiles(Set<Path> held, Map<Path, FileVersion> states, Set<Path> leadingOut, int unheld, boolean whole) {

    /**
     * The state of a file or link.
     *
     * @param content a digest of all that counts
     * @param via all links that make it such a file, if its own name does not
     * @param held whether an agent may not write it
     */
    record FileVersion(String content, String why, Set<Path> via, boolean held) {}

    /** Maximum held paths. Each is a mount, and every mount makes the next one slower. */
    static final int MOST_HELD = 256;

    ExecutedFiles {
        held = Collections.unmodifiableSet(new TreeSet<>(held));
        states = Collections.unmodifiableMap(new TreeMap<>(states));
        leadingOut = Collections.unmodifiableSet(new TreeSet<>(leadingOut));
    }

    /**
     * Searches {@code workspace}, which has no link in it.
     *
     * @param loosened what a person lets the agent write nevertheless
     * @param covered directories that are empty inside
     * @param uid the agent's user; nothing needs to be held where it cannot go
     */
    static ExecutedFiles search(Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid)
            throws IOException {
        return search(workspace, paths, loosened, covered, uid, ExecutedFileSearch.MOST_ENTRIES);
    }

    static ExecutedFiles search(
            Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid, int mostEntries)
            throws IOException {
        return new ExecutedFileSearch(workspace, paths, covered, uid, mostEntries).through(loosened);
    }

    WorkspaceFindings changesSince(ExecutedFiles before) {
        List<WorkspaceFindings.ExecutedFile> files = new ArrayList<>();
        states.forEach((path, state) -> {
            FileVersion old = before.states.get(path);
            boolean isToldByLinks = old == null
                    && !state.via().isEmpty()
                    && state.via().stream().noneMatch(before.states::containsKey);
            // If all links to a file are new, reporting the links is enough.
            if (isToldByLinks) {
                return;
            }
            if (old == null || !old.content().equals(state.content())) {
                files.add(new WorkspaceFindings.ExecutedFile(path.toString(), old == null, state.why(), state.held()));
            }
        });
        return new WorkspaceFindings(files, 0, List.of(), before.unheld, whole && before.whole);
    }

    /** Returns the final target of {@code link}, or the link itself if it leads nowhere. */
    static Path target(Path link) {
        try {
            return link.toRealPath();
        } catch (IOException e) {
            return link;
        }
    }
}
