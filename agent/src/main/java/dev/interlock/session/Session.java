package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A recorded session.
 *
 * @param directory the directory of its record
 * @param manifest its manifest
 * @param digest the manifest's SHA-256, which the ledger also has
 */
public record Session(Path directory, Json.Members manifest, String digest) {

    private static final Pattern ID = Pattern.compile("L-[0-9A-Z]{1,40}");

    /** The form of our file names. No such name leads out of the record's directory. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*(?:\\.[a-z0-9]+)?");

    private static final long MAX_MANIFEST = 4L << 20;

    /** Length of {@code L-} and the time part of a ULID. */
    private static final int SECOND = 12;

    private static final List<String> TRACKS = List.of("terminal", "output", "errors");

    /** A directory among the records. Its manifest may be missing or invalid. */
    public record SessionEntry(String id, Optional<Session> session) {}

    /** The length and digest of a file. */
    record FileDigest(long bytes, String sha256) {

        static FileDigest of(Path file) throws IOException {
            MessageDigest digest = Bytes.newSha256();
            long bytes = 0;
            try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                byte[] piece = new byte[1 << 16];
                for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                    digest.update(piece, 0, read);
                    bytes += read;
                }
            }
            return new FileDigest(bytes, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /** Returns all records in {@code sessions}, newest first. */
    public static List<SessionEntry> list(Path sessions) throws IOException {
        if (!Files.isDirectory(sessions)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(sessions)) {
            return directories
                    .map(path -> path.getFileName().toString())
                    .filter(id -> ID.matcher(id).matches())
                    .map(id -> new SessionEntry(id, readable(sessions, id)))
                    .sorted(Comparator.<SessionEntry, String>comparing(Session::second)
                            .thenComparing(entry ->
                                    entry.session().map(Session::started).orElse(Instant.EPOCH))
                            .thenComparing(SessionEntry::id)
                            .reversed())
                    .toList();
        }
    }

    /**
     * Returns the part of the identifier that holds its time to the second. Entries of the same second need further
     * comparison.
     */
    private static String second(SessionEntry entry) {
        return entry.id().substring(0, Math.min(entry.id().length(), SECOND));
    }

    private static Optional<Session> readable(Path sessions, String id) {
        try {
            return Optional.of(read(sessions, id));
        } catch (IOException | MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the record of {@code id}.
     *
     * @throws NoSuchFileException if there is none, or it was never finished
     * @throws MalformedException if its manifest is invalid
     */
    public static Session read(Path sessions, String id) throws IOException {
        Path directory = sessions.resolve(requireId(id));
        byte[] bytes;
        try (InputStream in =
                Files.newInputStream(directory.resolve(SessionRecorder.MANIFEST), LinkOption.NOFOLLOW_LINKS)) {
            bytes = in.readNBytes((int) MAX_MANIFEST + 1);
        }
        if (bytes.length > MAX_MANIFEST) {
            throw new MalformedException("the manifest is longer than " + MAX_MANIFEST + " bytes");
        }
        Json.Members manifest = Json.readObject(bytes);
        if (!manifest.text("type").equals(SessionRecorder.TYPE)
                || !manifest.text("lease").equals(id)) {
            throw new MalformedException("it is not the manifest of session `" + id + "`");
        }
        manifest.objects("files").forEach(file -> requireName(file.text("name")));
        Session session = new Session(directory, manifest, Bytes.of(bytes).sha256());
        if (session.ended().isBefore(session.started())) {
            throw new MalformedException("it ended before it started");
        }
        return session;
    }

    /** Returns whether {@code text} can be a session's identifier. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /**
     * Returns {@code id} if it is valid.
     *
     * @throws MalformedException if it cannot be a lease's identifier
     */
    static String requireId(String id) {
        if (!isId(id)) {
            throw new MalformedException(
                    "`" + TerminalText.line(id, 60) + "` is not a session; see `interlock session list`");
        }
        return id;
    }

    private static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new MalformedException("the manifest names a file that cannot be one of a record");
        }
    }

    public String id() {
        return manifest.text("lease");
    }

    public Instant started() {
        return instant("started");
    }

    public Instant ended() {
        return instant("ended");
    }

    private Instant instant(String name) {
        try {
            return Instant.parse(manifest.text(name));
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` is not a valid time");
        }
    }

    /** Returns the names of files that differ from the manifest: changed, missing, or not part of the record. */
    public Set<String> altered() throws IOException {
        Set<String> altered = new TreeSet<>();
        Set<String> known = new TreeSet<>(Set.of(SessionRecorder.MANIFEST));
        for (Json.Members file : manifest.objects("files")) {
            String name = file.text("name");
            known.add(name);
            if (!isAsSaid(file)) {
                altered.add(name);
            }
        }
        try (Stream<Path> there = Files.list(directory)) {
            there.map(path -> path.getFileName().toString())
                    .filter(name -> !known.contains(name))
                    .map(TerminalText::line)
                    .forEach(altered::add);
        }
        return altered;
    }

    private boolean isAsSaid(Json.Members file) {
        try {
            return FileDigest.of(directory.resolve(file.text("name")))
                    .equals(new FileDigest(file.whole("bytes"), file.text("sha256")));
        } catch (IOException e) {
            return false; // missing, a link, or unreadable
        }
    }

    /** Returns the recorded streams, the most important first. */
    public List<StreamReplay> streams() {
        List<StreamReplay> streams = new ArrayList<>();
        Set<String> there = new TreeSet<>();
        manifest.objects("files").forEach(file -> there.add(file.text("name")));
        for (String name : TRACKS) {
            if (there.contains(name) && there.contains(StreamRecorder.timingOf(name))) {
                streams.add(new StreamReplay(
                        name, directory.resolve(name), directory.resolve(StreamRecorder.timingOf(name))));
            }
        }
        return streams;
    }

    /**
     * Returns the agent's own account and its output, in order of time. Neither replaces the other, because the agent
     * can write anything into its account.
     *
     * @param mostLines maximum of lines per stream; a note says how many are left out
     */
    public List<TranscriptEntry> said(int mostLines) throws IOException {
        List<TranscriptEntry> said = new ArrayList<>();
        for (Json.Members file : manifest.objects("files")) {
            if (file.optionalText("agent").isPresent()) {
                Transcript.read(directory.resolve(file.text("name")), said::add);
            }
        }
        for (StreamReplay stream : streams()) {
            stream.lines(started(), mostLines, said::add);
        }
        // The agent chooses the times in its account as well. So they are clamped to the session's own time.
        return said.stream()
                .map(one -> one.within(started(), ended()))
                .sorted(Comparator.comparing(TranscriptEntry::at))
                .toList();
    }
}
