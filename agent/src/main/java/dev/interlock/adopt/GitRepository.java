package dev.interlock.adopt;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The git data of a workspace, read by git itself with options to fetch and run nothing: the repository is as untrusted
 * as the agent that works in it.
 */
record GitRepository(Path root, Supplier<Duration> patience) {

    private static final Set<String> WITH_TEXT = Set.of("blob", "commit", "tag");
    private static final Duration PATIENCE = Duration.ofHours(1);

    @FunctionalInterface
    interface GitObjectReader {
        /** Reads an object; {@code path} is its path, if a commit still leads there. */
        void read(String object, Optional<Path> path, InputStream content) throws IOException;
    }

    static Optional<GitRepository> find(Path directory) {
        return Stream.iterate(directory.toAbsolutePath().normalize(), path -> path != null, Path::getParent)
                .filter(path -> Files.exists(path.resolve(".git")))
                .findFirst()
                .map(path -> new GitRepository(path, () -> PATIENCE));
    }

    /**
     * Git waits for ever if an agent has replaced a file by a pipe: each question may only take what is {@code left}.
     */
    GitRepository within(Supplier<Duration> left) {
        return new GitRepository(root, left);
    }

    /** Passes every object with text to {@code reader}, also those that no branch leads to. Returns how many. */
    long objects(GitObjectReader reader) throws IOException {
        List<String> names = new ArrayList<>();
        lines(
                List.of("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)"),
                line -> {
                    String[] parts = line.split(" ", 2);
                    if (WITH_TEXT.contains(parts[0])) {
                        names.add(parts[1]);
                    }
                });
        contents(names, paths(), reader);
        return names.size();
    }

    private Map<String, Path> paths() throws IOException {
        Map<String, Path> paths = new HashMap<>();
        lines(List.of("rev-list", "--objects", "--all", "--reflog"), line -> {
            int space = line.indexOf(' ');
            if (space > 0 && space + 1 < line.length()) {
                paths.put(line.substring(0, space), path(line.substring(space + 1)));
            }
        });
        return paths;
    }

    /** In a locale without such letters, as in bare containers, there is no such path. */
    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException _) {
            return Path.of(name.replaceAll("[^\\x20-\\x7e]", "_"));
        }
    }

    /** Passes everything that is about to be committed to {@code reader}. Returns how many files. */
    long staged(GitObjectReader reader) throws IOException {
        Map<String, Path> paths = new HashMap<>();
        List<String> names = new ArrayList<>();
        byte[] listed = output(List.of(
                "diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--diff-filter=d", "-z"));
        // ":100644 100644 OLD NEW M" NUL path NUL …
        String[] fields = new String(listed, StandardCharsets.UTF_8).split("\0", -1);
        for (int i = 0; i + 1 < fields.length; i += 2) {
            String[] parts = fields[i].split(" ", -1);
            if (!parts[1].equals("160000")) { // a submodule has no content here
                names.add(parts[3]);
                paths.put(parts[3], path(fields[i + 1]));
            }
        }
        contents(names, paths, reader);
        return names.size();
    }

    /** Returns the objects of the files in the index, by their paths from the root. */
    Map<Path, String> index() throws IOException {
        String listed = new String(output(List.of("ls-files", "--stage", "-z")), StandardCharsets.UTF_8);
        Map<Path, String> index = new HashMap<>();
        for (String line : listed.split("\0", -1)) {
            // "100644 OBJECT 0" TAB path. Links and submodules have no text, and files in conflict have no object yet.
            String[] parts = line.split("[ \t]", 4);
            if (parts.length == 4 && parts[0].startsWith("100") && parts[2].equals("0")) {
                index.put(path(parts[3]), parts[1]);
            }
        }
        return index;
    }

    void read(List<String> objects, GitObjectReader reader) throws IOException {
        contents(objects, Map.of(), reader);
    }

    /** Returns which commit first contained each of {@code objects}, if one is known. Paths get {@code prefix}. */
    Map<String, CredentialPlace.CommitOrigin> origins(Set<String> objects, String prefix) throws IOException {
        Map<String, CredentialPlace.CommitOrigin> origins = new HashMap<>();
        String[] commit = {"", ""};
        // Oldest first, because readers want to know since when it has been there.
        lines(
                List.of(
                        "log",
                        "--all",
                        "--reflog",
                        "--reverse",
                        "--topo-order",
                        "--raw",
                        "--no-abbrev",
                        "--no-renames",
                        "--no-ext-diff",
                        "--no-textconv",
                        "--no-show-signature",
                        "-m",
                        "--root",
                        "--format=%x00%H %as"),
                line -> {
                    if (line.startsWith("\0")) {
                        commit[0] = line.substring(1).split(" ", -1)[0];
                        commit[1] = line.substring(1).split(" ", -1)[1];
                        if (objects.contains(commit[0])) {
                            origins.put(
                                    commit[0],
                                    new CredentialPlace.CommitOrigin.KnownCommit(
                                            commit[0], commit[1], prefix + "(message)"));
                        }
                    } else if (line.startsWith(":")) {
                        String[] parts = line.split("[ \t]", 6);
                        if (parts.length == 6 && objects.contains(parts[3])) {
                            origins.putIfAbsent(
                                    parts[3],
                                    new CredentialPlace.CommitOrigin.KnownCommit(
                                            commit[0], commit[1], prefix + parts[5]));
                        }
                    }
                });
        return origins;
    }

    private void contents(List<String> names, Map<String, Path> paths, GitObjectReader reader) throws IOException {
        Process git = start(List.of("cat-file", "--batch", "--buffer"));
        Thread asking = Thread.ofVirtual().start(() -> ask(git, names));
        try (InputStream out = git.getInputStream()) {
            for (String name : names) {
                String header = header(out);
                String[] parts = header.split(" ", -1);
                if (parts.length != 3) {
                    throw new IOException("git does not return its object " + name);
                }
                try (InputStream content = new LimitedInputStream(out, Long.parseLong(parts[2]))) {
                    reader.read(name, Optional.ofNullable(paths.get(name)), content);
                }
                out.skipNBytes(1);
            }
        } finally {
            git.destroy();
        }
        await(asking);
        finish(git, "cat-file");
    }

    private static void ask(Process git, List<String> names) {
        try (OutputStream in = git.getOutputStream()) {
            for (String name : names) {
                in.write((name + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // Git has ended; the reader of its output notices it.
        }
    }

    private static String header(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("git ended before it returned all its objects");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    @FunctionalInterface
    private interface LineConsumer {
        void take(String line);
    }

    private void lines(List<String> arguments, LineConsumer consumer) throws IOException {
        Process git = start(arguments);
        git.getOutputStream().close();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(git.getInputStream(), StandardCharsets.UTF_8))) {
            out.lines().forEach(consumer::take);
        }
        finish(git, arguments.getFirst());
    }

    private byte[] output(List<String> arguments) throws IOException {
        Process git = start(arguments);
        git.getOutputStream().close();
        byte[] output = git.getInputStream().readAllBytes();
        finish(git, arguments.getFirst());
        return output;
    }

    private Process start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-pager"));
        // Accepts any owner, because nothing of the repository is run.
        command.addAll(List.of("-c", "safe.directory=*"));
        command.addAll(List.of("-C", root.toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        // A partial clone would fetch missing objects, by a command that its configuration names.
        builder.environment().put("GIT_ALLOW_PROTOCOL", "none");
        builder.environment().put("GIT_NO_LAZY_FETCH", "1");
        // Otherwise a directory that is no repository would be taken for a part of the one around it.
        builder.environment().put("GIT_CEILING_DIRECTORIES", String.valueOf(root.resolveSibling("")));
        builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
        builder.environment().put("GIT_TERMINAL_PROMPT", "0");
        builder.environment().put("LC_ALL", "C");
        builder.environment().keySet().removeIf(name -> name.equals("GIT_DIR") || name.equals("GIT_WORK_TREE"));
        Process git = builder.start();
        Thread.ofVirtual().start(() -> endLate(git));
        return git;
    }

    private void endLate(Process git) {
        try {
            if (!git.waitFor(patience.get().toMillis(), TimeUnit.MILLISECONDS)) {
                git.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void finish(Process git, String what) throws IOException {
        try {
            int code = git.waitFor();
            if (code != 0 && code != 128 + 15) {
                throw new IOException("`git " + what + "` ended with " + code + "; try it in the repository");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while git was read", e);
        }
    }

    private static void await(Thread thread) throws IOException {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while git was read", e);
        }
    }

    /** The next bytes of another stream. Closing it skips the rest of them, and leaves the other open. */
    private static final class LimitedInputStream extends FilterInputStream {

        private long left;

        LimitedInputStream(InputStream in, long length) {
            super(in);
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int read = in.read(bytes, offset, (int) Math.min(length, left));
            if (read < 0) {
                throw new EOFException("the stream ended " + left + " bytes early");
            }
            left -= read;
            return read;
        }

        @Override
        public void close() throws IOException {
            in.skipNBytes(left);
            left = 0;
        }
    }
}
