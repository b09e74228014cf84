package dev.interlock.session;

import dev.interlock.action.SecretForms;
import dev.interlock.action.SecretStreamMask;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.SafeRemoval;
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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The transcripts that agents write. They are stored outside the agent's home, in directories that appear inside it
 * while the agent runs.
 *
 * <p>The agent controls everything in them, so a file may be made to harm its reader. No link is followed and only
 * plain files are opened. Names are never used as paths of ours, and depth, count and size are limited.
 */
final class Transcripts implements Closeable {

    private static final String SUFFIX = ".jsonl";

    /** Maximum of files. A day of work with sub-agents makes some dozens. */
    static final int MAX_FILES = 200;

    /** Maximum of entries that are visited. Somebody who wants to hide a file among others must make as many. */
    static final int MAX_ENTRIES = 1_000_000;

    /** Maximum of left-out entries that are listed by name. */
    private static final int MAX_NAMED = 20;

    /** Maximum depth. Codex files them by year, month and day. */
    static final int MAX_DEPTH = 8;

    static final long MAX_BYTES = 64L << 20;

    private final Path directory;
    private final Instant since;
    private final boolean kept;
    private final Map<String, Path> homes = new TreeMap<>();

    private Transcripts(Path directory, Instant since, boolean kept) {
        this.directory = directory;
        this.since = since;
        this.kept = kept;
    }

    /** Creates the directories, owned by the user {@code uid}, or takes those that are kept. */
    static Transcripts at(TranscriptPlace place, int uid) throws IOException {
        return switch (place) {
            case TranscriptPlace.TemporaryPlace(Path scratch) ->
                createDirectories(
                        new Transcripts(
                                PrivateFiles.temporaryDirectory(scratch.toRealPath(), "interlock-said-"),
                                Instant.MIN,
                                false),
                        uid);
            case TranscriptPlace.KeptPlace(Path directory, Instant since) -> {
                // A file system may keep whole seconds.
                Transcripts laid = new Transcripts(directory.toRealPath(), since.truncatedTo(ChronoUnit.SECONDS), true);
                for (Map.Entry<String, String> known : TranscriptPlace.DIRECTORIES.entrySet()) {
                    laid.homes.put(known.getValue(), PrivateFiles.directories(laid.directory.resolve(known.getKey())));
                }
                yield laid;
            }
        };
    }

    private static Transcripts createDirectories(Transcripts laid, int uid) throws IOException {
        try {
            for (Map.Entry<String, String> known : TranscriptPlace.DIRECTORIES.entrySet()) {
                Path home = PrivateFiles.directory(laid.directory.resolve(known.getKey()));
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

    /** Returns the location of each directory, by its path below the agent's home. */
    Map<String, Path> homes() {
        return Map.copyOf(homes);
    }

    /**
     * The transcripts that were found.
     *
     * @param files the manifest entries of the copied files
     * @param leftOut the number of entries that were not copied
     * @param named the names of some of these
     */
    record CopiedTranscripts(List<Json.Members> files, long leftOut, List<String> named) {
        CopiedTranscripts {
            files = List.copyOf(files);
            named = List.copyOf(named);
        }
    }

    /** A file that can be copied. Its names lead to it from its agent's directory. */
    private record WrittenTranscript(String agent, List<Path> names, Instant born, long size) {
        String path() {
            return TerminalText.scalar(names.stream().map(Path::toString).collect(Collectors.joining("/")));
        }
    }

    /**
     * Copies the transcripts to {@code record} under names of our own, with stars in place of the lease's token. Nobody
     * may write to them any more.
     */
    CopiedTranscripts take(SessionStore record, SecretForms secrets) throws IOException {
        TranscriptCopier taking = new TranscriptCopier(record, secrets, since);
        for (String agent : TranscriptPlace.DIRECTORIES.keySet()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory.resolve(agent))) {
                if (stream instanceof SecureDirectoryStream<Path> secure) {
                    taking.walk(agent, List.of(), secure);
                } else {
                    taking.leave(agent); // without a secure stream, a link cannot be distinguished from its target
                }
            }
        }
        for (WrittenTranscript one : taking.chosen()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory.resolve(one.agent()))) {
                taking.take(one, (SecureDirectoryStream<Path>) stream);
            }
        }
        return taking.found();
    }

    static final class TranscriptCopier {
        private final SessionStore record;
        private final SecretForms secrets;
        private final Instant since;
        private final List<Json.Members> files = new ArrayList<>();
        private final List<String> named = new ArrayList<>();
        /**
         * The earliest files, with the latest of them at the head. Nobody can set a file's creation time, and agents
         * begin with their own transcripts.
         */
        private final PriorityQueue<WrittenTranscript> first = new PriorityQueue<>(
                Comparator.comparing(WrittenTranscript::born).reversed());
        /** The largest of all other files, with the smallest of them at the head. */
        private final PriorityQueue<WrittenTranscript> most =
                new PriorityQueue<>(Comparator.comparingLong(WrittenTranscript::size));

        private long leftOut;
        private long entries;
        private long bytes;

        TranscriptCopier(SessionStore record, SecretForms secrets, Instant since) {
            this.record = record;
            this.secrets = secrets;
            this.since = since;
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
                WrittenTranscript here = new WrittenTranscript(agent, List.copyOf(names), Instant.EPOCH, 0);
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

        private void visit(WrittenTranscript here, SecureDirectoryStream<Path> parent) throws IOException {
            Path name = here.names().getLast();
            BasicFileAttributes attributes = attributes(parent, name);
            if (attributes.isDirectory() && here.names().size() <= MAX_DEPTH) {
                try (SecureDirectoryStream<Path> inner = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    walk(here.agent(), here.names(), inner);
                }
            } else if (attributes.isRegularFile()
                    && attributes.lastModifiedTime().toInstant().isBefore(since)
                    && attributes.creationTime().toInstant().isBefore(since)) {
                return; // it belongs to an earlier run
            } else if (attributes.isRegularFile() && name.toString().endsWith(SUFFIX)) {
                choose(new WrittenTranscript(
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

        private void choose(WrittenTranscript one) {
            first.add(one);
            if (first.size() > MAX_FILES / 2) {
                most.add(first.remove());
            }
            if (most.size() > MAX_FILES - MAX_FILES / 2) {
                leave(most.remove().path());
            }
        }

        private List<WrittenTranscript> chosen() {
            List<WrittenTranscript> chosen = new ArrayList<>();
            first.stream().sorted(Comparator.comparing(WrittenTranscript::born)).forEach(chosen::add);
            most.stream()
                    .sorted(Comparator.comparingLong(WrittenTranscript::size).reversed())
                    .forEach(chosen::add);
            return chosen;
        }

        private void take(WrittenTranscript one, SecureDirectoryStream<Path> top) {
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

        private void take(WrittenTranscript one, List<Path> names, SecureDirectoryStream<Path> directory)
                throws IOException {
            Path name = names.getFirst();
            if (names.size() > 1) {
                try (SecureDirectoryStream<Path> inner =
                        directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    take(one, names.subList(1, names.size()), inner);
                }
                return;
            }
            if (!attributes(directory, name).isRegularFile()) {
                throw new IOException("it is no longer a regular file"); // opening a pipe would block
            }
            try (SeekableByteChannel in =
                    directory.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                copy(one.agent(), one.path(), in);
            }
        }

        CopiedTranscripts found() {
            return new CopiedTranscripts(files, leftOut, named);
        }

        /**
         * Copies one file. A failed copy leaves no trace: no file that the manifest does not list, and no used name.
         */
        void copy(String agent, String path, SeekableByteChannel in) throws IOException {
            String own = String.format(Locale.ROOT, "transcript-%03d%s", files.size() + 1, SUFFIX);
            long size = in.size();
            SessionStore.DigestingFile written = record.file(own);
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

        private long copy(SeekableByteChannel in, SessionStore.DigestingFile written) throws IOException {
            long copied = 0;
            SecretStreamMask starring = new SecretStreamMask(secrets);
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

    /** Removes directories that are not kept. */
    @Override
    public void close() throws IOException {
        if (kept) {
            return;
        }
        try {
            SafeRemoval.of(directory);
        } catch (IOException e) {
            // The next run of this user removes it.
        }
    }
}
