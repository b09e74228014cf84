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
 * The files of a workspace that run by themselves later, as they are at one moment. No link is followed, but from such
 * a path to what it stands for within the workspace, which is as such a path then. What is read is only compared:
 * whoever exchanges a directory on the way for a link meanwhile learns nothing by it.
 *
 * @param held what is to be read-only inside: files and directories that are there, none in another
 * @param states what each file is, by its path seen from the workspace
 * @param leadingOut links that stand where such a directory would, and lead to none inside the workspace; not those
 *     that a person lets the agent write
 * @param unheld how many more would be to hold than can be; those are the furthest from the top
 * @param whole whether all of the workspace was looked through
 */
record Executed(Set<Path> held, Map<Path, State> states, Set<Path> leadingOut, int unheld, boolean whole) {

    /**
     * One file, or link.
     *
     * @param content a digest of all that counts
     * @param why who runs it
     * @param via all links by which it is such a file, if it is none by its own name
     */
    record State(String content, String why, Set<Path> via) {}

    /** Each is a mount, and every mount makes the next one slower. */
    static final int MOST_HELD = 256;

    Executed {
        held = Collections.unmodifiableSet(new TreeSet<>(held));
        states = Collections.unmodifiableMap(new TreeMap<>(states));
        leadingOut = Collections.unmodifiableSet(new TreeSet<>(leadingOut));
    }

    /**
     * Looks through {@code workspace}, which has no link in it.
     *
     * @param paths which are meant
     * @param loosened files and directories that a person lets the agent write all the same
     * @param covered what is not seen inside
     * @param uid the agent's user: where it cannot go, nothing has to be held
     */
    static Executed look(Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid)
            throws IOException {
        return look(workspace, paths, loosened, covered, uid, ExecutedSearch.MOST_ENTRIES);
    }

    /** As the other form, for tests: with their limit. */
    static Executed look(
            Path workspace, ExecutedPaths paths, Set<Path> loosened, Set<Path> covered, int uid, int mostEntries)
            throws IOException {
        return new ExecutedSearch(workspace, paths, covered, uid, mostEntries).through(loosened);
    }

    /** What is there now and was not there {@code before} as it is. */
    Leavings since(Executed before) {
        List<Leavings.File> files = new ArrayList<>();
        states.forEach((path, state) -> {
            State old = before.states.get(path);
            boolean isToldByLinks = old == null
                    && !state.via().isEmpty()
                    && state.via().stream().noneMatch(before.states::containsKey);
            // Of links that are all new it is enough to tell those.
            if (isToldByLinks) {
                return;
            }
            if (old == null || !old.content().equals(state.content())) {
                files.add(new Leavings.File(path.toString(), old == null, state.why()));
            }
        });
        return new Leavings(files, 0, List.of(), before.unheld, whole && before.whole);
    }

    /** Where {@code link} leads in the end; to itself, if that is nowhere. */
    static Path target(Path link) {
        try {
            return link.toRealPath();
        } catch (IOException e) {
            return link;
        }
    }
}
