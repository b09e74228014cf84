package dev.interlock.front.git;

import dev.interlock.action.BodyStream;
import dev.interlock.action.PushedRef;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.gate.PushReader;
import dev.interlock.linux.Trees;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The body of a push. It stays with the client until it is known whose it is, and then goes into a file, until closed.
 * It is read once, while it arrives.
 */
public final class PushBody implements BodyStream, AutoCloseable {

    /** The longest push, in bytes: as long as hosts accept, or a little less. */
    public static final long MAX_PUSH = 256L * 1024 * 1024;

    private final BodySource source;
    private final Path parent;
    private @Nullable Path directory;
    private @Nullable PushCommands commands;
    private @Nullable ObjectSearch search;
    private Optional<PackScanner> pack = Optional.empty();
    private Optional<UnreadablePushException> unread =
            Optional.of(new UnreadablePushException(PushRefusals.PACK_CUT_OFF)); // until all of it came
    private Optional<Quarantine> quarantine = Optional.empty();
    private volatile boolean isClosed;
    private final Map<String, List<String>> reasons = new LinkedHashMap<>();

    /** The client that sends the body. */
    @FunctionalInterface
    public interface BodySource {

        Optional<byte[]> next() throws IOException;
    }

    /** @param directory the directory in which it gets one of its own */
    public PushBody(BodySource source, Path directory) {
        this.source = source;
        this.parent = directory;
    }

    /** {@inheritDoc} It is not known before all of it came. */
    @Override
    public long length() {
        try {
            return directory == null ? 0 : Files.size(file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads the commands. The first call takes the body from the client, and has {@code secrets} search what it brings.
     * Throws if it is no push, or too long.
     */
    PushCommands commands(PushReader.SecretSearch secrets) throws IOException {
        if (directory == null) {
            receive(new ObjectSearch(secrets));
        }
        PushCommands known = commands;
        if (known == null) {
            throw unread.orElseThrow();
        }
        known.requireKnown();
        if (!known.bringsPack() && Files.size(file()) > known.length()) {
            throw new UnreadablePushException(PushRefusals.NEEDLESS_PACK);
        }
        return known;
    }

    Path file() {
        return own().resolve("body");
    }

    Path own() {
        return Objects.requireNonNull(directory, "nothing has been received");
    }

    private void receive(ObjectSearch begun) throws IOException {
        Files.createDirectories(parent);
        directory = Files.createTempDirectory(parent, "push");
        try (OutputStream kept = Files.newOutputStream(file())) {
            ArrivingBytes in = new ArrivingBytes(kept);
            Optional<UnreadablePushException> why = Optional.empty();
            try {
                PushCommands read = PushCommands.read(in);
                commands = read; // even if it is refused: the answer names its refs
                search = begun;
                if (read.bringsPack()) {
                    pack = Optional.of(PackScanner.scan(in, begun));
                }
            } catch (UnreadablePushException e) {
                why = Optional.of(e);
            }
            in.transferTo(OutputStream.nullOutputStream()); // clients read no answer before they have sent all
            unread = why;
        }
    }

    /** What the client sends, each byte of which is kept. */
    private final class ArrivingBytes extends InputStream {

        private final OutputStream kept;
        private byte[] piece = {};
        private int at;
        private long length;

        ArrivingBytes(OutputStream kept) {
            this.kept = kept;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int from, int most) throws IOException {
            if (at == piece.length) {
                piece = source.next().orElse(new byte[0]);
                at = 0;
                length += piece.length;
                if (length > MAX_PUSH) {
                    throw new UnreadablePushException(PushRefusals.PUSH_TOO_LONG, MAX_PUSH);
                }
                kept.write(piece);
            }
            int read = Math.min(most, piece.length - at);
            System.arraycopy(piece, at, to, from, read);
            at += read;
            return read > 0 || most == 0 ? read : -1;
        }
    }

    /** Returns what was seen of the pack while it arrived. Throws if it is not valid, or not within the limits. */
    Optional<PackScanner> pack() throws UnreadablePushException {
        if (unread.isPresent()) {
            throw unread.get();
        }
        return pack;
    }

    /** Returns the search that began while it arrived; empty if another one looks for secrets now. */
    Optional<ObjectSearch> begun(PushReader.SecretSearch secrets) {
        return Optional.ofNullable(search).filter(begun -> begun.isOf(secrets));
    }

    Optional<Quarantine> quarantine() {
        return quarantine;
    }

    void quarantined(Quarantine made) {
        quarantine = Optional.of(made);
    }

    /** Notes what the push means: an action for each ref. A push of nothing only asks. */
    void understood(List<PushedRef> found, Json.Members meaning) {
        reasons.clear();
        List<Json.Members> actions = meaning.objects("actions");
        for (int i = 0; i < found.size(); i++) {
            Json.Members action = actions.get(i);
            reasons.put(found.get(i).name(), PushReport.reasons(found.get(i), action, meaning.object("radius")));
        }
    }

    /**
     * Returns the answer to this push in Git's own form, if it is refused and the client understands such an answer.
     *
     * @param because why, and what to do next: whole sentences
     */
    public Optional<byte[]> refusal(List<String> because, Optional<String> hold) {
        PushCommands asked = commands;
        return asked == null
                        || asked.commands().isEmpty()
                        || !asked.capabilities().contains(PushCommands.REPORT)
                ? Optional.empty()
                : Optional.of(new PushReport(asked, reasons, because, hold).bytes());
    }

    /**
     * Returns {@code sentence} as the client prints it before the answer; empty if it has no way to. A client that asks
     * for quiet gets it too: git asks for that wherever nobody sees its progress, as in an agent's shell.
     */
    public Optional<byte[]> report(String sentence) {
        PushCommands asked = commands;
        if (asked == null || !asked.capabilities().contains(PushCommands.SIDE_BAND)) {
            return Optional.empty();
        }
        byte[] line = ("interlock: " + VisibleText.line(sentence) + "\n").getBytes(StandardCharsets.UTF_8);
        return Optional.of(new PacketWriter().band(PushReport.SHOWN, line).bytes());
    }

    boolean isClosed() {
        return isClosed;
    }

    @Override
    public void close() {
        isClosed = true;
        quarantine.ifPresent(Quarantine::close);
        Path made = directory;
        if (made != null) {
            removeAll(made);
        }
    }

    /** Returns {@code directory}, without what a gateway left there that did not end by itself. */
    public static Path cleared(Path directory) {
        if (Files.exists(directory)) {
            removeAll(directory);
        }
        return directory;
    }

    static void removeAll(Path directory) {
        try {
            Trees.remove(directory);
        } catch (IOException | UncheckedIOException e) {
            System.getLogger(PushBody.class.getName())
                    .log(System.Logger.Level.WARNING, "a push could not be removed: {0}", e.getClass());
        }
    }

    /** {@inheritDoc} Nothing of the push is shown. */
    @Override
    public String toString() {
        return "a push";
    }
}
