package dev.interlock.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The mounts of a process, as the kernel lists them: proc_pid_mountinfo(5). A mount's source is named by its present
 * path in its own file system, and such a path contains no link.
 *
 * <p>Names are bytes here, one per character, because they need not be text.
 */
public record MountTable(List<ProcessMount> all) {

    private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

    public MountTable {
        all = List.copyOf(all);
    }

    /** A file or directory, independent of its other names. */
    public record MountedFile(String device, String path) {}

    /**
     * One mount.
     *
     * @param parent the number of the mount that it is mounted on
     * @param spot the mounted file or directory
     * @param source the mounted device, as stated in the mount command
     */
    public record ProcessMount(
            int id, int parent, MountedFile spot, String at, boolean readOnly, String type, String source) {}

    /** Returns the mounts of the process {@code pid}, or of {@code self}. */
    public static MountTable of(String pid) throws IOException {
        return parse(new String(Files.readAllBytes(Path.of("/proc", pid, "mountinfo")), StandardCharsets.ISO_8859_1));
    }

    /** Returns the mounts listed in {@code text}, a byte per character. */
    public static MountTable parse(String text) throws IOException {
        List<ProcessMount> all = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            if (!line.isEmpty()) {
                all.add(read(line));
            }
        }
        return new MountTable(all);
    }

    private static ProcessMount read(String line) throws IOException {
        String[] halves = line.split(" - ", 2); // a name has no space in it, because spaces are escaped
        String[] words = halves[0].split(" ", -1);
        String[] after = halves.length == 2 ? halves[1].split(" ", -1) : new String[0];
        if (after.length < 2 || words.length < 6) {
            throw new IOException("the kernel's list of mounts cannot be parsed");
        }
        return new ProcessMount(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                new MountedFile(words[2], plain(words[3])),
                plain(words[4]),
                Set.of(words[5].split(",", -1)).contains("ro"),
                after[0],
                plain(after[1]));
    }

    private static String plain(String escaped) {
        return ESCAPED.matcher(escaped)
                .replaceAll(found ->
                        Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(found.group(1), 8))));
    }

    /** Returns the name of {@code path} as such a list has it. */
    public static String name(Path path) {
        return new String(path.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Returns whether {@code path} is {@code directory} or lies below it. */
    public static boolean isWithin(String path, String directory) {
        return path.equals(directory) || path.startsWith(directory.equals("/") ? "/" : directory + "/");
    }

    /** Returns the mount that contains {@code path}, if no name on the way is a link. */
    public ProcessMount mountContaining(String path) throws IOException {
        Set<Integer> known = all.stream().map(ProcessMount::id).collect(Collectors.toSet());
        ProcessMount mount = all.stream()
                .filter(one -> one.at().equals("/") && (one.parent() == one.id() || !known.contains(one.parent())))
                .findFirst()
                .orElseThrow(() -> new IOException("the kernel's list of mounts has no root"));
        for (Optional<ProcessMount> next = on(mount, path); next.isPresent(); next = on(mount, path)) {
            mount = next.get();
        }
        return mount;
    }

    private Optional<ProcessMount> on(ProcessMount mount, String path) {
        return all.stream()
                .filter(one -> one.parent() == mount.id() && one.id() != mount.id() && isWithin(path, one.at()))
                .min(Comparator.comparingInt(one -> one.at().length()));
    }

    /** Returns the file or directory at {@code path}, if no name on the way is a link. */
    public MountedFile spot(String path) throws IOException {
        ProcessMount mount = mountContaining(path);
        String below = path.substring(mount.at().equals("/") ? 0 : mount.at().length());
        String root = mount.spot().path();
        String joined = (root.equals("/") ? "" : root) + (below.equals("/") ? "" : below);
        return new MountedFile(mount.spot().device(), joined.isEmpty() ? "/" : joined);
    }

    /** Returns everything mounted at exactly {@code path}, visible or not. */
    public List<MountedFile> at(String path) {
        return all.stream()
                .filter(one -> one.at().equals(path))
                .map(ProcessMount::spot)
                .toList();
    }
}
