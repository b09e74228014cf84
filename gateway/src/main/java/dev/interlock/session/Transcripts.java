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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

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

    static final int MAX_ENTRIES = 10_000;

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

    /** What was found: what the manifest says of each file that was copied, and how many were not. */
    record Found(List<Json.Members> files, long leftOut) {
        Found {
            files = List.copyOf(files);
        }
    }

    /**
     * Copies them to {@code record}, under names of our own, the lease starred out. Nobody may write there any more.
     */
    Found take(Shelf record, SecretForms secrets) throws IOException {
        Taking taking = new Taking(record, secrets);
        for (Map.Entry<String, String> known : KNOWN.entrySet()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory.resolve(known.getKey()))) {
                if (stream instanceof SecureDirectoryStream<Path> secure) {
                    taking.walk(known.getKey(), "", secure, 0);
                } else {
                    taking.leftOut++; // without it, a link could not be told from what it leads to
                }
            }
        }
        return taking.found();
    }

    static final class Taking {
        private final Shelf record;
        private final SecretForms secrets;
        private final List<Json.Members> files = new ArrayList<>();
        private long leftOut;
        private long entries;
        private long bytes;

        Taking(Shelf record, SecretForms secrets) {
            this.record = record;
            this.secrets = secrets;
        }

        private void walk(String agent, String below, SecureDirectoryStream<Path> stream, int depth) {
            for (Path entry : stream) {
                if (++entries > MAX_ENTRIES) {
                    leftOut++;
                    return;
                }
                Path name = entry.getFileName();
                try {
                    visit(agent, below + name, name, stream, depth);
                } catch (IOException e) {
                    leftOut++; // such as one that its own owner may not read
                }
            }
        }

        private void visit(String agent, String path, Path name, SecureDirectoryStream<Path> parent, int depth)
                throws IOException {
            BasicFileAttributes attributes = parent.getFileAttributeView(
                            name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
            if (attributes.isDirectory()) {
                if (depth == MAX_DEPTH) {
                    leftOut++;
                    return;
                }
                try (SecureDirectoryStream<Path> inner = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    walk(agent, path + "/", inner, depth + 1);
                }
            } else if (attributes.isRegularFile() && name.toString().endsWith(SUFFIX)) {
                if (files.size() == MAX_FILES || bytes >= MAX_BYTES) {
                    leftOut++;
                    return;
                }
                try (SeekableByteChannel in =
                        parent.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                    copy(agent, path, in);
                }
            } else {
                leftOut++;
            }
        }

        Found found() {
            return new Found(files, leftOut);
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
                    written.counted(Json.object().with("agent", agent).with("path", Shown.scalar(path)));
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
