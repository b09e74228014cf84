package dev.interlock.cli;

import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A change of the upstreams in a policy directory: lines of {@code interlock.yaml}, and files beside it.
 *
 * @param policy the directory
 * @param before {@code interlock.yaml} as it is without the change
 * @param after as it is with the change
 * @param files the new files, by their paths in the directory
 * @param gone the files that are deleted, likewise
 */
record PolicyChange(Path policy, String before, String after, Map<String, String> files, Set<String> gone) {

    private static final String FILE = "interlock.yaml";
    private static final String UPSTREAMS = "upstreams:";
    private static final String NO_UPSTREAMS = "upstreams: {}";

    PolicyChange {
        files = Map.copyOf(files);
        gone = Set.copyOf(gone);
    }

    /**
     * Returns the change that adds {@code lines} below {@code upstreams}.
     *
     * @throws IllegalArgumentException if the directory has no place for it
     */
    static PolicyChange adding(Path policy, List<String> lines, Map<String, String> files) throws IOException {
        Path file = policy.resolve(FILE);
        String before = Files.readString(file);
        List<String> all = new ArrayList<>(before.lines().toList());
        all.replaceAll(line -> line.equals(NO_UPSTREAMS) ? UPSTREAMS : line);
        int at = all.indexOf(UPSTREAMS);
        if (at < 0) {
            throw new IllegalArgumentException("`" + file + "` has no line `" + UPSTREAMS + "` to add to; write it so");
        }
        for (String other : files.keySet()) {
            if (Files.exists(policy.resolve(other))) {
                throw new IllegalArgumentException("`" + policy.resolve(other) + "` is there already");
            }
        }
        all.addAll(at + 1, lines);
        return new PolicyChange(policy, before, String.join("\n", all) + "\n", files, Set.of());
    }

    /**
     * Returns the change that removes the lines of the upstream {@code name}, and the files {@code gone}. Comments
     * above the lines stay, because nobody knows what else they are about.
     *
     * @throws IllegalArgumentException if its lines cannot be told from the others
     */
    static PolicyChange removing(Path policy, String name, Set<String> gone) throws IOException {
        Path file = policy.resolve(FILE);
        String before = Files.readString(file);
        List<String> all = new ArrayList<>(before.lines().toList());
        int section = all.indexOf(UPSTREAMS);
        Pattern head = Pattern.compile("( +)[\"']?" + Pattern.quote(name) + "[\"']?:(?: .*)?");
        List<Integer> starts = IntStream.range(section + 1, section < 0 ? 0 : end(all, section))
                .filter(at -> head.matcher(all.get(at)).matches() && indent(all.get(at)) == indent(all, section + 1))
                .boxed()
                .toList();
        if (starts.size() != 1) {
            throw new IllegalArgumentException("`" + file + "` does not have `" + name
                    + "` on a line of its own below `" + UPSTREAMS + "`; remove it by hand");
        }
        int start = starts.getFirst();
        all.subList(start, end(all, start)).clear();
        if (IntStream.range(section + 1, end(all, section)).allMatch(at -> isEmpty(all.get(at)))) {
            all.set(section, NO_UPSTREAMS);
        }
        return new PolicyChange(policy, before, String.join("\n", all) + "\n", Map.of(), gone);
    }

    /** Returns the line after the last one of what begins at {@code start}: those are further to the right. */
    private static int end(List<String> lines, int start) {
        int end = start + 1;
        for (int at = end; at < lines.size(); at++) {
            boolean isBelow = indent(lines.get(at)) > indent(lines.get(start));
            if (!isBelow && !isEmpty(lines.get(at))) {
                return end;
            }
            end = isBelow ? at + 1 : end;
        }
        return end;
    }

    private static boolean isEmpty(String line) {
        return line.isBlank() || line.strip().startsWith("#");
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    /** Returns the indentation of the first line from {@code start} on that is no comment. */
    private static int indent(List<String> lines, int start) {
        return lines.subList(start, lines.size()).stream()
                .filter(line -> !isEmpty(line))
                .findFirst()
                .map(PolicyChange::indent)
                .orElse(0);
    }

    /** Returns the lines that the change takes out of {@code interlock.yaml}. */
    List<String> removed() {
        List<String> rest = after.lines().toList();
        List<String> lines = before.lines().toList();
        int same = 0;
        while (same < rest.size() && rest.get(same).equals(lines.get(same))) {
            same++;
        }
        int first = same < rest.size() && rest.get(same).equals(NO_UPSTREAMS) ? same + 1 : same;
        return lines.subList(first, first + lines.size() - rest.size());
    }

    /** Returns what would be wrong with the directory after the change. It is tried in a copy. */
    List<String> mistakes() throws IOException {
        Path copy = Files.createTempDirectory("interlock-policy-");
        try {
            try (Stream<Path> found = Files.walk(policy)) {
                for (Path one : found.toList()) {
                    Path to = copy.resolve(policy.relativize(one).toString());
                    if (Files.isDirectory(one)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(one, to);
                    }
                }
            }
            for (Map.Entry<String, String> one : written().entrySet()) {
                Path to = copy.resolve(one.getKey());
                Files.createDirectories(to.resolveSibling(""));
                Files.writeString(to, one.getValue());
            }
            for (String file : gone) {
                Files.deleteIfExists(copy.resolve(file));
            }
            return PolicyDirectory.load(copy, CatalogView.facts())
                            instanceof PolicyDirectory.LoadResult.InvalidDirectory broken
                    ? broken.problems().stream().map(Object::toString).toList()
                    : List.of();
        } finally {
            try (Stream<Path> found = Files.walk(copy)) {
                for (Path one : found.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(one);
                }
            }
        }
    }

    /** The list of upstreams comes last: until it names the other files, they have no effect. */
    private Map<String, String> written() {
        Map<String, String> all = new LinkedHashMap<>(files);
        all.put(FILE, after);
        return all;
    }

    void write() throws IOException {
        for (Map.Entry<String, String> one : written().entrySet()) {
            put(policy.resolve(one.getKey()), one.getValue());
        }
        for (String file : gone) {
            Files.deleteIfExists(policy.resolve(file));
        }
    }

    /** Puts the directory back as it was before {@link #write}. */
    void undo() throws IOException {
        put(policy.resolve(FILE), before);
        for (String file : files.keySet()) {
            Files.deleteIfExists(policy.resolve(file));
        }
    }

    /** Replaces {@code to}, a file of a policy directory, at once. Everybody may read it. */
    static void put(Path to, String text) throws IOException {
        Files.createDirectories(to.resolveSibling(""));
        PrivateFiles.replace(to, text.getBytes(StandardCharsets.UTF_8));
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
    }
}
