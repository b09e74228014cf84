package dev.interlock.snapshot;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Git with an empty repository of Interlock's own. It reads the ignore rules and the objects of a workspace, and none
 * of its configuration, so nothing there can make it run a program.
 */
record IsolatedGit(Path repository) {

    private static final int SECONDS = 5;

    /** Returns those of {@code paths} in {@code workspace} that git ignores; none if git does not say. */
    Set<String> ignoredOf(Collection<String> paths, Path workspace) {
        if (paths.isEmpty()) {
            return Set.of();
        }
        Path top = top(workspace);
        String prefix = top.equals(workspace) ? "" : top.relativize(workspace) + "/";
        StringBuilder asked = new StringBuilder();
        paths.forEach(path -> asked.append(prefix).append(path).append('\0'));
        List<String> arguments = new ArrayList<>();
        Path exclude = top.resolve(".git/info/exclude");
        if (Files.isRegularFile(exclude, LinkOption.NOFOLLOW_LINKS)) {
            arguments.addAll(List.of("-c", "core.excludesFile=" + exclude));
        }
        arguments.addAll(List.of("check-ignore", "--no-index", "-z", "--stdin"));
        Set<String> ignored = new HashSet<>();
        for (String path : output(arguments, top, Map.of(), asked.toString()).split("\0", -1)) {
            if (path.startsWith(prefix)) {
                ignored.add(path.substring(prefix.length()));
            }
        }
        ignored.retainAll(paths);
        return ignored;
    }

    private static Path top(Path workspace) {
        return Stream.iterate(workspace, path -> path != null, Path::getParent)
                .filter(path -> Files.exists(path.resolve(".git"), LinkOption.NOFOLLOW_LINKS))
                .findFirst()
                .orElse(workspace);
    }

    /** Returns the objects of the files of {@code commit}, by path; none if they are lost. */
    Map<String, String> filesOf(String commit, Path workspace) {
        Map<String, String> files = new HashMap<>();
        Map<String, String> objects =
                Map.of("GIT_OBJECT_DIRECTORY", workspace.resolve(".git/objects").toString());
        for (String line : output(List.of("ls-tree", "-r", "-z", commit), workspace, objects, "")
                .split("\0", -1)) {
            String[] parts = line.split("[ \t]", 4); // "100644 blob OBJECT" TAB path
            if (parts.length == 4) {
                files.put(parts[3], parts[2]);
            }
        }
        return files;
    }

    private String output(List<String> arguments, Path directory, Map<String, String> more, String input) {
        try {
            create();
            List<String> command = new ArrayList<>(List.of("git"));
            command.addAll(arguments);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            Map<String, String> variables = builder.environment();
            variables.keySet().retainAll(Set.of("PATH"));
            variables.putAll(Map.of(
                    "GIT_DIR", repository.toString(),
                    "GIT_WORK_TREE", directory.toString(),
                    "GIT_CONFIG_NOSYSTEM", "1",
                    "GIT_CONFIG_GLOBAL", "/dev/null",
                    "GIT_ATTR_NOSYSTEM", "1",
                    "GIT_NO_LAZY_FETCH", "1",
                    "GIT_ALLOW_PROTOCOL", "none",
                    "GIT_OPTIONAL_LOCKS", "0",
                    "LC_ALL", "C"));
            variables.putAll(more);
            Process git = builder.start();
            Thread.ofVirtual().start(() -> endLate(git));
            Thread.ofVirtual().start(() -> feed(git, input));
            return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // there is no git, or it is stuck: then nothing is ignored, and no commit has anything
        }
    }

    private void create() throws IOException {
        if (!Files.exists(repository.resolve("HEAD"))) {
            PrivateFiles.directories(repository.resolve("objects"));
            PrivateFiles.directories(repository.resolve("refs"));
            PrivateFiles.replace(repository.resolve("HEAD"), "ref: refs/heads/none\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void endLate(Process git) {
        try {
            if (!git.waitFor(SECONDS, TimeUnit.SECONDS)) {
                git.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void feed(Process git, String input) {
        try (OutputStream in = git.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has ended.
        }
    }
}
