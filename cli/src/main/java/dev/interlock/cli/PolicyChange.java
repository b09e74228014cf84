package dev.interlock.cli;

import dev.interlock.author.LastingPermit;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.Trees;
import dev.interlock.setup.PinComparison;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A change of a policy directory: of {@code interlock.yaml}, and of the files beside it by their paths. */
record PolicyChange(Path policy, String before, String after, Map<String, String> files, Set<String> gone) {

    private static final String FILE = "interlock.yaml";

    /** The file of what people permitted from now on, when they were asked. */
    static final String PERMITS = "from-now-on.cedar";

    private static final String PERMITS_HEAD = """
            // Calls about which people were asked, and about which they are asked no more. `interlock hold permit` adds
            // to it. A condition that is deleted makes a permit wider; arguments that it does not name may be anything.

            """;

    PolicyChange {
        files = Map.copyOf(files);
        gone = Set.copyOf(gone);
    }

    /** Throws IllegalArgumentException if the directory has no place for it. */
    static PolicyChange adding(Path policy, List<UpstreamLines> upstreams, Map<String, String> files)
            throws IOException {
        PolicyText before = PolicyText.read(policy.resolve(FILE));
        for (String other : files.keySet()) {
            if (Files.exists(policy.resolve(other))) {
                throw new IllegalArgumentException("`" + policy.resolve(other) + "` is there already");
            }
        }
        return new PolicyChange(policy, before.text(), before.with(upstreams).text(), files, Set.of());
    }

    /** Adds {@code permit} to what was permitted in the same way before. */
    static PolicyChange permitting(Path policy, LastingPermit permit) throws IOException {
        PolicyText before = PolicyText.read(policy.resolve(FILE));
        Path file = policy.resolve(PERMITS);
        String text = Files.exists(file) ? Files.readString(file).stripTrailing() + "\n\n" : PERMITS_HEAD;
        return new PolicyChange(
                policy,
                before.text(),
                before.withoutApproval(permit.withoutApproval()).text(),
                Map.of(PERMITS, text + permit.text()),
                Set.of());
    }

    /** Removes the lines of the upstream {@code name}, and the files {@code gone}. */
    static PolicyChange removing(Path policy, String name, Set<String> gone) throws IOException {
        PolicyText before = PolicyText.read(policy.resolve(FILE));
        return new PolicyChange(policy, before.text(), before.without(name).text(), Map.of(), gone);
    }

    /** Returns the changed lines of each file, before {@link #write}. */
    List<String> diff() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Map.Entry<String, String> one : new TreeMap<>(files).entrySet()) {
            Path file = policy.resolve(one.getKey());
            diff(one.getKey(), Files.exists(file) ? Files.readString(file) : "", one.getValue(), lines);
        }
        diff(FILE, before, after, lines);
        return lines;
    }

    private static void diff(String name, String from, String to, List<String> lines) {
        List<String> difference =
                PinComparison.difference(from.lines().toList(), to.lines().toList());
        if (!difference.isEmpty()) {
            lines.add(name);
            lines.addAll(difference);
        }
    }

    List<String> removed() {
        List<String> rest = after.lines().toList();
        List<String> lines = before.lines().toList();
        int same = 0;
        while (same < rest.size() && rest.get(same).equals(lines.get(same))) {
            same++;
        }
        int first = same < rest.size() && rest.get(same).equals(PolicyText.NO_UPSTREAMS) ? same + 1 : same;
        return lines.subList(first, first + lines.size() - rest.size());
    }

    List<String> mistakes() throws IOException {
        return tried() instanceof PolicyDirectory.LoadResult.InvalidDirectory broken
                ? broken.problems().stream().map(Object::toString).toList()
                : List.of();
    }

    /** Returns what the directory would be. */
    PolicyDirectory.LoadResult tried() throws IOException {
        Path copy = Files.createTempDirectory("interlock-policy-");
        try {
            try (Stream<Path> found = Files.walk(policy)) {
                for (Path one : found.filter(Files::isRegularFile).toList()) {
                    Path to = copy.resolve(policy.relativize(one).toString());
                    Files.createDirectories(to.resolveSibling(""));
                    Files.copy(one, to);
                }
            }
            write(copy);
            return PolicyDirectory.load(copy, CatalogView.facts());
        } finally {
            Trees.remove(copy);
        }
    }

    void write() throws IOException {
        write(policy);
    }

    /** The list of upstreams comes last: until it names the other files, they have no effect. */
    private void write(Path directory) throws IOException {
        for (Map.Entry<String, String> one : files.entrySet()) {
            put(directory.resolve(one.getKey()), one.getValue());
        }
        put(directory.resolve(FILE), after);
        for (String file : gone) {
            Files.deleteIfExists(directory.resolve(file));
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
        PrivateFiles.replace(to, text.getBytes(StandardCharsets.UTF_8), PrivateFiles.READABLE);
    }
}
