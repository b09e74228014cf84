package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mounts that walls ask bubblewrap for, to compare with the actual mounts. Bubblewrap mounts by name after the
 * names were checked, and follows links. If somebody replaces a directory by a link in between, it mounts the link's
 * target.
 *
 * <p>The rule: each bind shows the file at its source, with no link on the way; it is at the requested path; and
 * nothing else is mounted. Names of sources are resolved before they become part of a wall.
 */
final class Raised {

    /** The number of arguments after each bubblewrap option. Other options that walls use have none. */
    private static final Map<String, Integer> WORDS = Map.ofEntries(
            Map.entry("--bind", 2),
            Map.entry("--chdir", 1),
            Map.entry("--dev", 1),
            Map.entry("--dir", 1),
            Map.entry("--file", 2),
            Map.entry("--hostname", 1),
            Map.entry("--perms", 1),
            Map.entry("--proc", 1),
            Map.entry("--remount-ro", 1),
            Map.entry("--ro-bind", 2),
            Map.entry("--ro-bind-data", 2),
            Map.entry("--seccomp", 1),
            Map.entry("--setenv", 2),
            Map.entry("--symlink", 2),
            Map.entry("--tmpfs", 1));

    /** File systems that bubblewrap fills itself. It may mount more below them. */
    private static final List<String> MADE = List.of("--proc", "--dev");

    /**
     * One requested mount.
     *
     * @param source the path that it shows; empty if it is a file system of its own
     * @param type the type of that file system
     * @param whole whether bubblewrap may mount more below it
     */
    private record Asked(String at, Optional<String> source, boolean readOnly, String type, boolean whole) {

        Asked asReadOnly() {
            return new Asked(at, source, true, type, whole);
        }

        /** Returns whether {@code mount} is the requested one, at the requested path. */
        boolean isMetBy(Mounts.Mount mount, Mounts host) throws IOException {
            return mount.at().equals(at)
                    && (mount.readOnly() || !readOnly)
                    && (source.isPresent()
                            ? mount.spot().equals(host.spot(source.get()))
                            : mount.type().equals(type));
        }

        /** Returns whether {@code mount} came with this one: on the host it is mounted below the source. */
        boolean brings(Mounts.Mount mount, Mounts host) {
            if (mount.at().equals(at) || !Mounts.isWithin(mount.at(), at)) {
                return false;
            }
            return whole
                    || (source.isPresent()
                            && (mount.readOnly() || !readOnly)
                            && host.at(source.get() + mount.at().substring(at.length()))
                                    .contains(mount.spot()));
        }
    }

    private final List<Asked> all = new ArrayList<>();

    /** The requested mounts that no later one hides, by path. */
    private final Map<String, Asked> seen = new LinkedHashMap<>();

    private Raised() {}

    static Raised by(List<Walls.Wall> walls) {
        Raised raised = new Raised();
        List<String> words =
                walls.stream().flatMap(wall -> wall.arguments().stream()).toList();
        for (int at = 0; at < words.size(); at += 1 + WORDS.getOrDefault(words.get(at), 0)) {
            raised.add(words.get(at), words.subList(at + 1, at + 1 + WORDS.getOrDefault(words.get(at), 0)));
        }
        return raised;
    }

    private void add(String word, List<String> rest) {
        switch (word) {
            case "--bind", "--ro-bind" ->
                add(new Asked(name(rest.get(1)), Optional.of(name(rest.get(0))), word.equals("--ro-bind"), "", false));
            case "--ro-bind-data" -> add(new Asked(name(rest.get(1)), Optional.empty(), true, "tmpfs", false));
            case "--proc", "--dev", "--tmpfs" -> {
                String type = word.equals("--proc") ? "proc" : "tmpfs";
                add(new Asked(name(rest.get(0)), Optional.empty(), false, type, MADE.contains(word)));
            }
            case "--remount-ro" -> seen.computeIfPresent(name(rest.get(0)), (_, asked) -> asked.asReadOnly());
            default -> {} // it mounts nothing
        }
    }

    private void add(Asked asked) {
        seen.keySet().removeIf(at -> Mounts.isWithin(at, asked.at()));
        seen.put(asked.at(), asked);
        all.add(asked);
    }

    private static String name(String path) {
        return Mounts.name(Path.of(path));
    }

    /**
     * Returns the first path where {@code inside} differs from the request; empty if none does. {@code host} holds the
     * mounts outside.
     */
    Optional<String> fault(Mounts inside, Mounts host) throws IOException {
        for (Asked asked : seen.values()) {
            if (!asked.isMetBy(inside.around(asked.at()), host)) {
                return Optional.of(asked.at());
            }
        }
        for (Mounts.Mount mount : inside.all()) {
            if (!mount.at().equals("/") && !isExplained(mount, host)) {
                return Optional.of(mount.at());
            }
        }
        return Optional.empty();
    }

    private boolean isExplained(Mounts.Mount mount, Mounts host) throws IOException {
        for (Asked asked : all) {
            if (asked.isMetBy(mount, host) || asked.brings(mount, host)) {
                return true;
            }
        }
        return false;
    }
}
