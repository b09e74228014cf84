package dev.interlock.session;

import dev.interlock.action.SecretForms;
import dev.interlock.action.Starring;
import dev.interlock.evidence.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What agents write down of themselves, in directories of their home that lie outside for as long as they run.
 *
 * <p>They are the agent's own: whatever lies there afterwards may be made to harm whoever reads it. No link is
 * followed, nothing but plain files is opened, names lead nowhere, and depth, count and size have an end.
 */
final class Transcripts implements Closeable {

    /** Where each agent keeps what it said and did, below its home. */
    private static final Map<String, String> KNOWN =
            new TreeMap<>(Map.of("claude-code", ".claude/projects", "codex", ".codex/sessions"));

    private static final String SUFFIX = ".jsonl";

    /** A day of work with sub-agents has some dozens. */
    static final int MAX_FILES = 200;

    /** Whoever wants to hide one among others must make so many. */
    static final int MAX_ENTRIES = 1_000_000;

    /** Of those that were not taken so many are named. */
    private static final int MAX_NAMED = 20;

    /** Codex files them by year, month and day. */
    static final int MAX_DEPTH = 8;

    static final long MAX_BYTES = 64L << 20;

    private final Path directory;
    private final Map<String, Path> homes = new TreeMap<>();

    private Transcripts(Path directory) {
        this.directory = directory;
    }

    /** Empty directories of the user {@code uid}, below {@code scratch}. */
    static Transcripts lay(Path scratch, int uid) throws IOException {
        Transcripts laid = new Transcripts(Files.createTempDirectory(
                scratch.toRealPath(),
                "interlock-said-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
        try {
            for (Map.Entry<String, String> known : KNOWN.entrySet()) {
                Path home = OwnFiles.directory(laid.directory.resolve(known.getKey()));
                give(home, uid);
                laid.homes.put(known.getValue(), home);
            }
            give(laid.directory, uid);
            return laid;
        } catch (IOException | RuntimeException e) {
            laid.close();
            throw e;
        }
    }

    private static void give(Path path, int uid) throws IOException {
        if (!Files.getAttribute(path, "unix:uid").equals(uid)) {
            Files.setAttribute(path, "unix:gid", uid);
            Files.setAttribute(path, "unix:uid", uid);
        }
    }

    /** Where each lies, by its path below the agent's home. */
    Map<String, Path> homes() {
        return Map.copyOf(homes);
    }

    /**
     * What was found.
     *
     * @param files what the manifest says of each file that was copied
     * @param leftOut how many entries were not
     * @param named some of these
     */
    record Found(List<Json.Members> files, long leftOut, List<String> named) {
        Found {
            files = List.copyOf(files);
            named = List.copyOf(named);
        }
    }

    /** One that could be copied; its names lead there from its agent's directory. */
    private record Written(String agent, List<Path> names, Instant born, long size) {
        String path() {
            return Shown.scalar(names.stream().map(Path::toString).collect(Collectors.joining("/")));
        }
    }

    /**
     * Copies them to {@code record}, under names of our own, the lease starred out. Nobody may write there any more.
     */
    Found take(Shelf record, SecretForms secrets) throws IOException {
        Taking taking = new Taking(record, secrets);
        for (String agent : KNOWN.keySet()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory.resolve(agent))) {
                if (stream instanceof SecureDirectoryStream<Path> secure) {
                    taking.walk(agent, List.of(), secure);
                } else {
                    taking.leave(agent); // without it, a link could not be told from what it leads to
                }
            }
        }
        for (Written one : taking.chosen()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory.resolve(one.agent()))) {
                taking.take(one, (SecureDirectoryStream<Path>) stream);
            }
        }
        return taking.found();
    }

    static final class Taking {
        private final Shelf record;
        private final SecretForms secrets;
        private final List<Json.Members> files = new ArrayList<>();
        private final List<String> named = new ArrayList<>();
        /** The latest at its head. When a file was made nobody can set, and agents begin with theirs. */
        private final PriorityQueue<Written> first =
                new PriorityQueue<>(Comparator.comparing(Written::born).reversed());
        /** Of all others those in which most is written, the one with least at its head. */
        private final PriorityQueue<Written> most = new PriorityQueue<>(Comparator.comparingLong(Written::size));

        private long leftOut;
        private long entries;
        private long bytes;

        Taking(Shelf record, SecretForms secrets) {
            this.record = record;
            this.secrets = secrets;
        }

        private void leave(String path) {
            leftOut++;
            if (named.size() < MAX_NAMED) {
                named.add(path);
            }
        }

        private void walk(String agent, List<Path> above, SecureDirectoryStream<Path> stream) {
            for (Path entry : stream) {
                List<Path> names = new ArrayList<>(above);
                names.add(entry.getFileName());
                Written here = new Written(agent, List.copyOf(names), Instant.EPOCH, 0);
                if (++entries > MAX_ENTRIES) {
                    leave(here.path());
                    return;
                }
                try {
                    visit(here, stream);
                } catch (IOException e) {
                    leave(here.path()); // such as one that its own owner may not read
                }
            }
        }

        private void visit(Written here, SecureDirectoryStream<Path> parent) throws IOException {
            Path name = here.names().getLast();
            BasicFileAttributes attributes = attributes(parent, name);
            if (attributes.isDirectory() && here.names().size() <= MAX_DEPTH) {
                try (SecureDirectoryStream<Path> inner = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    walk(here.agent(), here.names(), inner);
                }
            } else if (attributes.isRegularFile() && name.toString().endsWith(SUFFIX)) {
                choose(new Written(
                        here.agent(), here.names(), attributes.creationTime().toInstant(), attributes.size()));
            } else {
                leave(here.path());
            }
        }

        private static BasicFileAttributes attributes(SecureDirectoryStream<Path> parent, Path name)
                throws IOException {
            return parent.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
        }

        private void choose(Written one) {
            first.add(one);
            if (first.size() > MAX_FILES / 2) {
                most.add(first.remove());
            }
            if (most.size() > MAX_FILES - MAX_FILES / 2) {
                leave(most.remove().path());
            }
        }

        private List<Written> chosen() {
            List<Written> chosen = new ArrayList<>();
            first.stream().sorted(Comparator.comparing(Written::born)).forEach(chosen::add);
            most.stream()
                    .sorted(Comparator.comparingLong(Written::size).reversed())
                    .forEach(chosen::add);
            return chosen;
        }

        private void take(Written one, SecureDirectoryStream<Path> top) {
            if (bytes >= MAX_BYTES) {
                leave(one.path());
                return;
            }
            try {
                take(one, one.names(), top);
            } catch (IOException e) {
                leave(one.path());
            }
        }

        private void take(Written one, List<Path> names, SecureDirectoryStream<Path> directory) throws IOException {
            Path name = names.getFirst();
            if (names.size() > 1) {
                try (SecureDirectoryStream<Path> inner =
                        directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    take(one, names.subList(1, names.size()), inner);
                }
                return;
            }
            if (!attributes(directory, name).isRegularFile()) {
                throw new IOException("it is no plain file any more"); // to open a pipe is to wait
            }
            try (SeekableByteChannel in =
                    directory.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                copy(one.agent(), one.path(), in);
            }
        }

        Found found() {
            return new Found(files, leftOut, named);
        }

        /**
         * What could not be copied whole leaves nothing: no file that the manifest does not name, and no name taken.
         */
        void copy(String agent, String path, SeekableByteChannel in) throws IOException {
            String own = String.format(Locale.ROOT, "transcript-%03d%s", files.size() + 1, SUFFIX);
            long size = in.size();
            Shelf.Written written = record.file(own);
            long copied;
            try {
                copied = copy(in, written);
            } catch (IOException e) {
                record.remove(own);
                throw e;
            }
            Json.Members told =
                    written.counted(Json.object().with("agent", agent).with("path", path));
            files.add(copied == size ? told : told.with("cut", true).with("written", size));
        }

        private long copy(SeekableByteChannel in, Shelf.Written written) throws IOException {
            long copied = 0;
            Starring starring = new Starring(secrets);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            try (OutputStream out = written) {
                while (bytes < MAX_BYTES) {
                    buffer.clear().limit((int) Math.min(buffer.capacity(), MAX_BYTES - bytes));
                    int read = in.read(buffer);
                    if (read < 0) {
                        break;
                    }
                    bytes += read;
                    copied += read;
                    out.write(starring.next(Arrays.copyOf(buffer.array(), read)));
                }
                out.write(starring.rest());
            }
            return copied;
        }
    }

    /** By a program that follows no link and is not stopped by how deep it goes. */
    @Override
    public void close() throws IOException {
        Process removing = new ProcessBuilder("/bin/rm", "-rf", "--one-file-system", "--", directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!removing.waitFor(30, TimeUnit.SECONDS)) {
                removing.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
