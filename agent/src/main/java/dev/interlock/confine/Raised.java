package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What walls have bubblewrap mount, to be compared with what is mounted then. Bubblewrap mounts by name, after the
 * names were looked at, and follows links; whoever exchanges a directory for a link in between has it show what the
 * link leads to.
 *
 * <p>The rule: each bind shows what lies at its source if no link is on the way there, it is where it was asked for,
 * and nothing else is mounted. Names of sources are resolved before they become part of a wall.
 */
final class Raised {

    /** How many words follow a word of bubblewrap's; none follow the others that walls use. */
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

    /** Bubblewrap's own: what is mounted below is its business. */
    private static final List<String> MADE = List.of("--proc", "--dev");

    /**
     * One mount that is asked for.
     *
     * @param source what it shows; empty where it is a file system of its own
     * @param type the own file system's
     * @param whole whether bubblewrap may mount more below it
     */
    private record Asked(String at, Optional<String> source, boolean readOnly, String type, boolean whole) {

        Asked asReadOnly() {
            return new Asked(at, source, true, type, whole);
        }

        /** Whether {@code mount} is this, seen where it is to be. */
        boolean isMetBy(Mounts.Mount mount, Mounts host) throws IOException {
            return mount.at().equals(at)
                    && (mount.readOnly() || !readOnly)
                    && (source.isPresent()
                            ? mount.spot().equals(host.spot(source.get()))
                            : mount.type().equals(type));
        }

        /** Whether {@code mount} came with this: mounted on the host below the source. */
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

    /** Those that nothing later lies over, by where they are. */
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

    /** Where {@code inside} is not as it was asked for, where {@code host} is what lies outside; empty if it is. */
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
