package dev.interlock.confine;

import dev.interlock.linux.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares the mounts that walls ask bubblewrap for with the actual ones. Bubblewrap mounts by name after the names
 * were checked, and follows links: if somebody replaces a directory by a link in between, it mounts the link's target.
 *
 * <p>The rule: each bind shows the file at its source, without a link on the way, at the requested path; nothing else
 * is mounted.
 */
final class MountCheck {

    /** The number of arguments after each bubblewrap option. Other options that walls use have none. */
    private static int words(String option) {
        return switch (option) {
            case "--bind", "--file", "--ro-bind", "--ro-bind-data", "--setenv", "--symlink" -> 2;
            case "--chdir", "--dev", "--dir", "--hostname", "--perms" -> 1;
            case "--proc", "--remount-ro", "--seccomp", "--tmpfs" -> 1;
            default -> 0;
        };
    }

    /** File systems that bubblewrap fills itself. It may mount more below them. */
    private static final List<String> MADE = List.of("--proc", "--dev");

    /**
     * @param source the path that it shows; empty if it is a file system of its own
     * @param whole whether bubblewrap may mount more below it
     */
    private record RequestedMount(String at, Optional<String> source, boolean readOnly, String type, boolean whole) {

        RequestedMount asReadOnly() {
            return new RequestedMount(at, source, true, type, whole);
        }

        boolean isMetBy(MountTable.ProcessMount mount, MountTable host) throws IOException {
            return mount.at().equals(at)
                    && (mount.readOnly() || !readOnly)
                    && (source.isPresent()
                            ? mount.spot().equals(host.spot(source.get()))
                            : mount.type().equals(type));
        }

        /** Whether {@code mount} came with this one: on the host it is mounted below the source. */
        boolean includes(MountTable.ProcessMount mount, MountTable host) {
            if (mount.at().equals(at) || !MountTable.isWithin(mount.at(), at)) {
                return false;
            }
            return whole
                    || (source.isPresent()
                            && (mount.readOnly() || !readOnly)
                            && host.at(source.get() + mount.at().substring(at.length()))
                                    .contains(mount.spot()));
        }
    }

    private final List<RequestedMount> all = new ArrayList<>();

    /** The requested mounts that no later one hides, by path. */
    private final Map<String, RequestedMount> seen = new LinkedHashMap<>();

    private MountCheck() {}

    static MountCheck by(List<BubblewrapArgs.SandboxWall> walls) {
        MountCheck raised = new MountCheck();
        List<String> words =
                walls.stream().flatMap(wall -> wall.arguments().stream()).toList();
        for (int at = 0; at < words.size(); at += 1 + words(words.get(at))) {
            raised.add(words.get(at), words.subList(at + 1, at + 1 + words(words.get(at))));
        }
        return raised;
    }

    private void add(String word, List<String> rest) {
        switch (word) {
            case "--bind", "--ro-bind" ->
                add(new RequestedMount(
                        name(rest.get(1)), Optional.of(name(rest.get(0))), word.equals("--ro-bind"), "", false));
            case "--ro-bind-data" -> add(new RequestedMount(name(rest.get(1)), Optional.empty(), true, "tmpfs", false));
            case "--proc", "--dev", "--tmpfs" -> {
                String type = word.equals("--proc") ? "proc" : "tmpfs";
                add(new RequestedMount(name(rest.get(0)), Optional.empty(), false, type, MADE.contains(word)));
            }
            case "--remount-ro" -> seen.computeIfPresent(name(rest.get(0)), (_, asked) -> asked.asReadOnly());
            default -> {} // it mounts nothing
        }
    }

    private void add(RequestedMount asked) {
        seen.keySet().removeIf(at -> MountTable.isWithin(at, asked.at()));
        seen.put(asked.at(), asked);
        all.add(asked);
    }

    private static String name(String path) {
        return MountTable.name(Path.of(path));
    }

    /** Returns the first path where {@code inside} differs from the request. {@code host} holds the mounts outside. */
    Optional<String> firstDifference(MountTable inside, MountTable host) throws IOException {
        for (RequestedMount asked : seen.values()) {
            if (!asked.isMetBy(inside.mountContaining(asked.at()), host)) {
                return Optional.of(asked.at());
            }
        }
        for (MountTable.ProcessMount mount : inside.all()) {
            if (!mount.at().equals("/") && !isExplained(mount, host)) {
                return Optional.of(mount.at());
            }
        }
        return Optional.empty();
    }

    private boolean isExplained(MountTable.ProcessMount mount, MountTable host) throws IOException {
        for (RequestedMount asked : all) {
            if (asked.isMetBy(mount, host) || asked.includes(mount, host)) {
                return true;
            }
        }
        return false;
    }
}
