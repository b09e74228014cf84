package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a repository's own configuration names as to be run or read by git, wherever that lies. */
final class GitNames {

    private static final String KEYS = "^(core\\.hookspath|include\\.path|includeif\\..*\\.path)$";

    private GitNames() {}

    /**
     * The paths that the configuration in {@code repository}, git's own directory, names; as git reads it, asked as
     * {@code uid}, and none that it cannot read: it would run nothing then.
     */
    static Set<Path> in(Path repository, int uid) throws IOException {
        Path configuration = repository.resolve("config");
        Optional<Path> git = Host.program("git");
        if (git.isEmpty() || !Files.isRegularFile(configuration, LinkOption.NOFOLLOW_LINKS)) {
            return Set.of();
        }
        List<String> command = new ArrayList<>(Privileges.dropping(uid));
        command.addAll(List.of(git.get().toString(), "config", "--file", configuration.toString(), "--no-includes"));
        command.addAll(List.of("--null", "--get-regexp", KEYS));
        Host.Said said = Host.run(command);
        Set<Path> named = new TreeSet<>();
        for (String entry : said.well() ? said.text().split("\0", -1) : new String[0]) {
            int end = entry.indexOf('\n');
            if (end > 0) {
                // Hooks are looked for from where the work lies, other files from where the configuration does.
                Path from = entry.startsWith("core.") && repository.endsWith(".git")
                        ? repository.resolveSibling("")
                        : repository;
                resolved(from, entry.substring(end + 1)).ifPresent(named::add);
            }
        }
        return named;
    }

    private static Optional<Path> resolved(Path from, String name) {
        try {
            return Optional.of(from.resolve(name).normalize());
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
