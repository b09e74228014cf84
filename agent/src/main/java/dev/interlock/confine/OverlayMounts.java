package dev.interlock.confine;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is laid over the workspace and the home of one agent, read-only except the home itself.
 *
 * @param held files and directories of the workspace; none contains another
 * @param masks files of the workspace and of {@link ToolchainSettings}, each with what is seen in its place
 * @param planted files of the home, relative to it
 * @param services sockets that lead nowhere inside
 * @param home the agent's home; empty for one that ends with the run
 * @param settings files that the start copies into a home that ends with the run, relative to it
 * @param git directories that the agent may write, with the configuration of repositories, by where they are inside
 * @param repository the repository of a linked worktree, which is mounted like the workspace
 * @param reached sockets of the launcher, for local services and published ports, by their names
 */
record OverlayMounts(
        Set<Path> held,
        Map<Path, Path> masks,
        Map<Path, Path> planted,
        Set<Path> services,
        Optional<Path> home,
        Map<Path, Path> settings,
        Map<Path, Path> git,
        Optional<Path> repository,
        Map<String, Path> reached) {

    static final OverlayMounts NONE = new OverlayMounts(Set.of(), Map.of(), Map.of());

    OverlayMounts(Set<Path> held, Map<Path, Path> masks, Map<Path, Path> planted) {
        this(held, masks, planted, Set.of(), Optional.empty(), Map.of(), Map.of(), Optional.empty(), Map.of());
    }

    OverlayMounts {
        held = Collections.unmodifiableSet(new TreeSet<>(held));
        masks = Collections.unmodifiableMap(new TreeMap<>(masks));
        planted = Collections.unmodifiableMap(new TreeMap<>(planted));
        services = Collections.unmodifiableSet(new TreeSet<>(services));
        settings = Collections.unmodifiableMap(new TreeMap<>(settings));
        git = Collections.unmodifiableMap(new TreeMap<>(git));
        reached = Collections.unmodifiableMap(new TreeMap<>(reached));
    }

    OverlayMounts with(Set<Path> shut) {
        return new OverlayMounts(held, masks, planted, shut, home, settings, git, repository, reached);
    }

    OverlayMounts with(Optional<Path> kept, Map<Path, Path> files) {
        return new OverlayMounts(held, masks, planted, services, kept, files, git, repository, reached);
    }

    OverlayMounts withGit(Map<Path, Path> moreMasks, Map<Path, Path> moreGit) {
        Map<Path, Path> allMasks = new TreeMap<>(masks);
        allMasks.putAll(moreMasks);
        Map<Path, Path> allGit = new TreeMap<>(git);
        allGit.putAll(moreGit);
        return new OverlayMounts(held, allMasks, planted, services, home, settings, allGit, repository, reached);
    }

    OverlayMounts withRepository(Optional<Path> common) {
        return new OverlayMounts(held, masks, planted, services, home, settings, git, common, reached);
    }

    OverlayMounts withReached(Map<String, Path> sockets) {
        return new OverlayMounts(held, masks, planted, services, home, settings, git, repository, sockets);
    }

    /**
     * Returns the directories between {@code workspace} and the overlays, which must be mount points: a plain directory
     * can be renamed with all that is mounted in it, and another made in its place.
     */
    Set<Path> around(Path workspace, Set<Path> covered) {
        Set<Path> around = new TreeSet<>();
        held.forEach(path -> around.addAll(above(path, root(path, workspace))));
        // A masked file must not be moved to where the next run does not search. A covered directory must not be moved
        // so that another can take its place, nor a socket so that its service is lost. Held paths stay in any case.
        Set<Path> laidOver = new TreeSet<>();
        Stream.of(masks.keySet(), covered, services)
                .flatMap(Set::stream)
                .filter(path -> path.startsWith(root(path, workspace)))
                .forEach(laidOver::add);
        for (Path path : laidOver) {
            above(path, root(path, workspace)).stream()
                    .filter(up -> held.stream().noneMatch(up::startsWith))
                    .forEach(around::add);
        }
        return around;
    }

    private Path root(Path path, Path workspace) {
        return repository.filter(path::startsWith).orElse(workspace);
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
