package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A recorded session.
 *
 * @param digest the manifest's SHA-256, which the ledger also has
 */
public record Session(Path directory, Json.Members manifest, String digest) {

    private static final Pattern ID = Pattern.compile("L-[0-9A-Z]{1,40}");
    private static final int MAX_MANIFEST = 4 << 20;

    /** A directory among the records. Its manifest may be missing or invalid. */
    public record SessionEntry(String id, Optional<Session> session) {}

    /** Returns all records in {@code sessions}, newest first. */
    public static List<SessionEntry> list(Path sessions) throws IOException {
        if (!Files.isDirectory(sessions)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(sessions)) {
            return directories
                    .map(path -> path.getFileName().toString())
                    .filter(Session::isId)
                    .sorted(Comparator.reverseOrder()) // an identifier begins with its time
                    .map(id -> new SessionEntry(id, readable(sessions, id)))
                    .toList();
        }
    }

    private static Optional<Session> readable(Path sessions, String id) {
        try {
            return Optional.of(read(sessions, id));
        } catch (IOException | MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a session.
     *
     * @throws NoSuchFileException if there is none, or it was never finished
     * @throws MalformedException if its manifest is invalid
     */
    public static Session read(Path sessions, String id) throws IOException {
        Path directory = sessions.resolve(requireId(id));
        byte[] bytes;
        try (InputStream in =
                Files.newInputStream(directory.resolve(SessionRecorder.MANIFEST), LinkOption.NOFOLLOW_LINKS)) {
            bytes = in.readNBytes(MAX_MANIFEST + 1);
        }
        if (bytes.length > MAX_MANIFEST) {
            throw new MalformedException("the manifest is longer than " + MAX_MANIFEST + " bytes");
        }
        Json.Members manifest = Json.readObject(bytes);
        if (!manifest.text("type").equals(SessionRecorder.TYPE)
                || !manifest.text("lease").equals(id)) {
            throw new MalformedException("it is not the manifest of session `" + id + "`");
        }
        Session session = new Session(directory, manifest, Bytes.of(bytes).sha256());
        if (session.ended().isBefore(session.started())) {
            throw new MalformedException("it ended before it started");
        }
        return session;
    }

    /** Whether {@code text} can be a session's identifier. No such name leads out of the directory of records. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    static String requireId(String id) {
        if (!isId(id)) {
            throw new MalformedException("`" + TerminalText.line(id, 60) + "` is not a session");
        }
        return id;
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

    /** Returns the file of its output, in asciicast v2. */
    public Path cast() {
        return directory.resolve(SessionRecorder.CAST);
    }

    /** Returns whether the output is not what the manifest says: changed, missing, a link or unreadable. */
    public boolean isAltered() {
        MessageDigest digest = Bytes.newSha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(cast(), LinkOption.NOFOLLOW_LINKS), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            return true;
        }
        return !HexFormat.of()
                .formatHex(digest.digest())
                .equals(manifest.object("cast").text("sha256"));
    }
}
