package dev.interlock.confine;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is laid over the workspace and the home of one agent. All of it is read-only inside.
 *
 * @param held files and directories of the workspace, none in another
 * @param masks files of the workspace, each with the file that is seen in its place
 * @param planted files of the agent's home, named from there, each with the file that is seen there
 * @param services sockets, of the workspace or of what else may be read, with nothing behind them inside
 */
record Furnishing(Set<Path> held, Map<Path, Path> masks, Map<Path, Path> planted, Set<Path> services) {

    static final Furnishing NONE = new Furnishing(Set.of(), Map.of(), Map.of());

    /** One where no service listens. */
    Furnishing(Set<Path> held, Map<Path, Path> masks, Map<Path, Path> planted) {
        this(held, masks, planted, Set.of());
    }

    Furnishing {
        held = Collections.unmodifiableSet(new TreeSet<>(held));
        masks = Collections.unmodifiableMap(new TreeMap<>(masks));
        planted = Collections.unmodifiableMap(new TreeMap<>(planted));
        services = Collections.unmodifiableSet(new TreeSet<>(services));
    }

    /** The same, with nothing behind these sockets. */
    Furnishing with(Set<Path> shut) {
        return new Furnishing(held, masks, planted, shut);
    }

    /**
     * The directories between {@code workspace} and what is laid over, that must stay where they are: a directory can
     * be renamed with all that is mounted in it, and another one made in its place; a mount point cannot.
     *
     * @param covered directories that are empty inside; those outside of the workspace do not count
     */
    Set<Path> around(Path workspace, Set<Path> covered) {
        Set<Path> around = new TreeSet<>();
        held.forEach(path -> around.addAll(above(path, workspace)));
        // What is masked must not be moved to where nobody looks the next time, nor what is covered to where another
        // can be made that looks like it, nor a socket to where nobody expects its service. What is held stays anyway.
        Set<Path> laidOver = new TreeSet<>(masks.keySet());
        Stream.concat(covered.stream(), services.stream())
                .filter(path -> path.startsWith(workspace))
                .forEach(laidOver::add);
        for (Path path : laidOver) {
            above(path, workspace).stream()
                    .filter(up -> held.stream().noneMatch(up::startsWith))
                    .forEach(around::add);
        }
        return around;
    }

    private static Set<Path> above(Path path, Path workspace) {
        Set<Path> above = new TreeSet<>();
        for (Path up = path.resolveSibling(""); !up.equals(workspace); up = up.resolveSibling("")) {
            if (!up.startsWith(workspace)) {
                throw new IllegalArgumentException("`" + path + "` is not in the workspace");
            }
            above.add(up);
        }
        return above;
    }
}
