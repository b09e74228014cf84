package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The record of a session while it is being made; see {@code docs/formats/session.md}.
 *
 * <p>The manifest is written last, when nothing in the record changes any more. Until then, or if this process dies
 * earlier, the record is a directory without a manifest.
 */
public final class SessionRecorder implements Closeable {

    static final String MANIFEST = "manifest.json";

    static final String TYPE = "interlock-session@v1";

    private final Path directory;
    private final SessionStore store;
    private final SecretForms secrets;
    private final Transcripts transcripts;
    private final List<StreamRecorder> tracks = new ArrayList<>();

    private SessionRecorder(Path directory, SessionStore store, SecretForms secrets, Transcripts transcripts) {
        this.directory = directory;
        this.store = store;
        this.secrets = secrets;
        this.transcripts = transcripts;
    }

    /**
     * Begins the record of the run that has {@code lease}.
     *
     * @param sessions the directory of all records
     * @param lease the lease's identifier, which is also the session's
     * @param token the lease's token; stars replace it in everything that is stored
     * @param place of the agent's own transcripts
     * @param uid the agent's user
     */
    public static SessionRecorder begin(Path sessions, String lease, Secret token, TranscriptPlace place, int uid)
            throws IOException {
        SecretForms secrets = token.use(SecretForms::of);
        Path directory =
                PrivateFiles.directory(PrivateFiles.directories(sessions).resolve(Session.requireId(lease)));
        return new SessionRecorder(directory, SessionStore.at(directory), secrets, Transcripts.at(place, uid));
    }

    /** Starts the copy of a stream. The caller writes to it until the agent has ended. */
    public StreamRecorder track(String name) throws IOException {
        StreamRecorder track = StreamRecorder.in(store, name, secrets);
        tracks.add(track);
        return track;
    }

    /** Returns the outside directories for the agent's transcripts, by their paths below the agent's home. */
    public Map<String, Path> homes() {
        return transcripts.homes();
    }

    /**
     * Completes the record. Nobody may write to any of it any more.
     *
     * @param about the session's description, with the members of {@code docs/formats/session.md}
     * @return the SHA-256 of the manifest
     */
    public String finish(Json.Members about) throws IOException {
        List<Json> files = new ArrayList<>();
        for (StreamRecorder track : tracks) {
            track.close();
            files.addAll(track.manifestEntries());
        }
        Transcripts.CopiedTranscripts found = transcripts.take(store, secrets);
        files.addAll(found.files());
        Json.Members told = found.named().isEmpty() ? about : about.withTexts("left_out_some", found.named());
        byte[] manifest = told.with("type", TYPE)
                .with("files", new Json.Array(files))
                .with("left_out", found.leftOut())
                .canonical();
        try (OutputStream out = store.file(MANIFEST)) {
            out.write(manifest);
        }
        return Bytes.of(manifest).sha256();
    }

    /** Discards the streams because no agent was started. */
    public void forget() throws IOException {
        for (StreamRecorder track : tracks) {
            track.close();
            store.remove(track.name());
            store.remove(StreamRecorder.timingOf(track.name()));
        }
        tracks.clear();
    }

    /** Removes the temporary directories, and the record itself if no agent was started. */
    @Override
    public void close() throws IOException {
        tracks.forEach(StreamRecorder::close);
        transcripts.close();
        store.close();
        if (tracks.isEmpty() && !Files.exists(directory.resolve(MANIFEST))) {
            Files.delete(directory);
        }
    }
}
