package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import dev.interlock.action.SecretStreamMask;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * The record of a session while it is made: its output as an asciicast, then the manifest with the digest of that; see
 * {@code docs/formats/session.md}. A record without a manifest was never finished.
 *
 * <p>Threading: guarded by itself; a thread for each stream writes, and another may close.
 */
public final class SessionRecorder implements Closeable {

    static final String MANIFEST = "manifest.json";
    static final String CAST = "session.cast";
    static final String TYPE = "interlock-session@v1";

    /** The longest asciicast, in bytes. An agent that writes without end cannot fill the disk. */
    private static final long MAX_CAST = 64L << 20;

    private final Path directory;
    private final SecretForms secrets;
    private final LongSupplier nanos;
    private final long most;
    private final long began;
    private final OutputStream cast;
    private final MessageDigest digest = Bytes.newSha256();
    private long length;
    private boolean cut;
    private final List<RecordedStream> streams = new ArrayList<>();

    private SessionRecorder(Path directory, SecretForms secrets, LongSupplier nanos, long most) throws IOException {
        this.directory = directory;
        this.secrets = secrets;
        this.nanos = nanos;
        this.most = most;
        this.began = nanos.getAsLong();
        this.cast = Files.newOutputStream(
                PrivateFiles.file(directory.resolve(CAST)), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    public record TerminalSize(int columns, int rows) {

        public static final TerminalSize USUAL = new TerminalSize(80, 24);
    }

    /**
     * Begins the record of the run that has {@code lease}. Stars replace its {@code token} in everything that is
     * stored.
     */
    public static SessionRecorder begin(Path sessions, String lease, Secret token, Instant at, TerminalSize size)
            throws IOException {
        return begin(sessions, lease, token, at, size, System::nanoTime, MAX_CAST);
    }

    static SessionRecorder begin(
            Path sessions, String lease, Secret token, Instant at, TerminalSize size, LongSupplier nanos, long most)
            throws IOException {
        Path directory =
                PrivateFiles.directory(PrivateFiles.directories(sessions).resolve(Session.requireId(lease)));
        SessionRecorder recorder = new SessionRecorder(directory, token.use(SecretForms::of), nanos, most);
        recorder.line(Json.object()
                .with("version", 2)
                .with("width", size.columns())
                .with("height", size.rows())
                .with("timestamp", at.getEpochSecond())
                .with("title", lease)
                .canonicalText());
        return recorder;
    }

    public final class RecordedStream {

        private final boolean terminal;
        private final SecretStreamMask mask = new SecretStreamMask(secrets);
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);

        /** The first bytes of a character whose others have not come yet. */
        private ByteBuffer rest = ByteBuffer.allocate(0);

        private boolean ended;

        private RecordedStream(boolean terminal) {
            this.terminal = terminal;
        }

        /** Copies the first {@code length} bytes of {@code piece}. Never fails: what cannot be stored is left out. */
        public void write(byte[] piece, int length) {
            synchronized (SessionRecorder.this) {
                if (!ended) {
                    output(mask.next(Arrays.copyOf(piece, length)), false);
                }
            }
        }

        /** Writes what was held back. What is written afterwards is left out. */
        public void end() {
            synchronized (SessionRecorder.this) {
                if (!ended) {
                    ended = true;
                    output(mask.rest(), true);
                }
            }
        }

        private void output(byte[] piece, boolean last) {
            ByteBuffer in = ByteBuffer.allocate(rest.remaining() + piece.length)
                    .put(rest)
                    .put(piece)
                    .flip();
            CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
            decoder.decode(in, out, last);
            rest = in.slice();
            String text = out.flip().toString();
            if (!text.isEmpty()) {
                line(String.format(
                        Locale.ROOT,
                        "[%.6f, \"o\", %s]",
                        (nanos.getAsLong() - began) / 1e9,
                        // A player is a terminal: without a return, each line would begin where the last ended.
                        new Json.Text(terminal ? text : text.replace("\n", "\r\n")).canonicalText()));
            }
        }
    }

    public synchronized RecordedStream stream(boolean terminal) {
        streams.add(new RecordedStream(terminal));
        return streams.getLast();
    }

    private synchronized void line(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        cut |= length + bytes.length > most;
        if (!cut) {
            try {
                cast.write(bytes);
                digest.update(bytes);
                length += bytes.length;
            } catch (IOException e) {
                cut = true; // such as a full disk
            }
        }
    }

    /** Completes the record, of which {@code about} has what else is known, and returns the SHA-256 of the manifest. */
    public synchronized String finish(Json.Members about) throws IOException {
        streams.forEach(RecordedStream::end); // of one that a process outlives, too
        cast.close();
        Json.Members written = Json.object()
                .with("bytes", length)
                .with("sha256", HexFormat.of().formatHex(digest.digest()));
        byte[] manifest = about.with("type", TYPE)
                .with("cast", cut ? written.with("cut", true) : written)
                .canonical();
        PrivateFiles.write(directory.resolve(MANIFEST), manifest);
        return Bytes.of(manifest).sha256();
    }

    /** Discards the streams because no agent was started. */
    public synchronized void forget() {
        streams.clear();
    }

    /** Removes the record if no agent was started. */
    @Override
    public synchronized void close() throws IOException {
        cast.close();
        if (streams.isEmpty() && !Files.exists(directory.resolve(MANIFEST))) {
            Files.deleteIfExists(directory.resolve(CAST));
            Files.delete(directory);
        }
    }
}
