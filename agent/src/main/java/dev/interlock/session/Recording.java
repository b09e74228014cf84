package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import dev.interlock.evidence.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A session's record while it is made: {@code docs/formats/session.md}.
 *
 * <p>Its manifest is written last, when nothing in it changes any more. Until then, or if this process dies before, it
 * is a directory without one.
 */
public final class Recording implements Closeable {

    static final String MANIFEST = "manifest.json";

    static final String TYPE = "interlock-session@v1";

    private final Path directory;
    private final Shelf shelf;
    private final SecretForms secrets;
    private final Transcripts transcripts;
    private final List<Track> tracks = new ArrayList<>();

    private Recording(Path directory, Shelf shelf, SecretForms secrets, Transcripts transcripts) {
        this.directory = directory;
        this.shelf = shelf;
        this.secrets = secrets;
        this.transcripts = transcripts;
    }

    /**
     * Begins the record of the run that has {@code lease}.
     *
     * @param sessions where records are kept
     * @param lease the lease's identifier, which is the session's
     * @param token the lease's token: it is starred out of all that is kept
     * @param scratch where the agent's user gets to, for what agents write down of themselves
     * @param uid the agent's user
     */
    public static Recording begin(Path sessions, String lease, Secret token, Path scratch, int uid) throws IOException {
        SecretForms secrets = token.use(SecretForms::of);
        Path directory = OwnFiles.directory(OwnFiles.directories(sessions).resolve(Session.requireId(lease)));
        return new Recording(directory, Shelf.at(directory), secrets, Transcripts.lay(scratch, uid));
    }

    /** The copy of a stream. Whoever takes it writes there until the agent has ended. */
    public Track track(String name) throws IOException {
        Track track = Track.in(shelf, name, secrets);
        tracks.add(track);
        return track;
    }

    /** Directories outside for what agents write down of themselves, by their path below the agent's home. */
    public Map<String, Path> homes() {
        return transcripts.homes();
    }

    /**
     * Ends it: nobody may write to any of it any more.
     *
     * @param about what the session was, as {@code docs/formats/session.md} names it
     * @return the SHA-256 of the manifest
     */
    public String finish(Json.Members about) throws IOException {
        List<Json> files = new ArrayList<>();
        for (Track track : tracks) {
            track.close();
            files.addAll(track.told());
        }
        Transcripts.Found found = transcripts.take(shelf, secrets);
        files.addAll(found.files());
        Json.Members told = found.named().isEmpty() ? about : about.withTexts("left_out_some", found.named());
        byte[] manifest = told.with("type", TYPE)
                .with("files", new Json.Array(files))
                .with("left_out", found.leftOut())
                .canonical();
        try (OutputStream out = shelf.file(MANIFEST)) {
            out.write(manifest);
        }
        return Bytes.of(manifest).sha256();
    }

    /** There is nothing to record: no agent was started. */
    public void forget() throws IOException {
        for (Track track : tracks) {
            track.close();
            shelf.remove(track.name());
            shelf.remove(Track.timingOf(track.name()));
        }
        tracks.clear();
    }

    /** Removes what is not the record, and a record of what never started. */
    @Override
    public void close() throws IOException {
        tracks.forEach(Track::close);
        transcripts.close();
        shelf.close();
        if (tracks.isEmpty() && !Files.exists(directory.resolve(MANIFEST))) {
            Files.delete(directory);
        }
    }
}
