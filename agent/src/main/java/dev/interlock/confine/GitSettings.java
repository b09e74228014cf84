package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings of one file of git's configuration: each key, as git writes it, with all its values in their order. */
record GitSettings(Map<String, List<String>> values) {

    static final GitSettings NONE = new GitSettings(Map.of());

    GitSettings {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Reads {@code file} as user {@code uid}; empty if git cannot. Files that it includes are not read. */
    static Optional<GitSettings> read(Path file, int uid) throws IOException {
        Host.CommandResult listed = git(uid, List.of("--file", file.toString(), "--no-includes", "--null", "--list"));
        return listed.well() ? Optional.of(parse(listed.text())) : Optional.empty();
    }

    /** Runs {@code git config}, from where no repository is found. */
    static Host.CommandResult git(int uid, List<String> arguments) throws IOException {
        Optional<Path> git = Host.program("git");
        if (git.isEmpty()) {
            return new Host.CommandResult(127, "git is not installed");
        }
        List<String> command = new ArrayList<>(Privileges.dropping(uid));
        command.addAll(
                List.of("/bin/sh", "-c", "cd / && exec \"$@\"", "sh", git.get().toString(), "config"));
        command.addAll(arguments);
        return Host.run(command);
    }

    /** Parses the output of {@code git config --null --list}. A key without a value is true. */
    static GitSettings parse(String listed) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (String entry : listed.split("\0", -1)) {
            int end = entry.indexOf('\n');
            if (!entry.isEmpty()) {
                values.computeIfAbsent(end < 0 ? entry : entry.substring(0, end), _ -> new ArrayList<>())
                        .add(end < 0 ? "true" : entry.substring(end + 1));
            }
        }
        return new GitSettings(values);
    }

    List<String> all(String key) {
        return values.getOrDefault(key, List.of());
    }

    /** Returns the value that counts: the last one. */
    Optional<String> of(String key) {
        return all(key).isEmpty() ? Optional.empty() : Optional.of(all(key).getLast());
    }

    boolean is(String key) {
        return of(key).filter(value -> !value.matches("(?i)|false|no|off|0+")).isPresent();
    }
}
