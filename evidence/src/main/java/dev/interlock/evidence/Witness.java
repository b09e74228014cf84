package dev.interlock.evidence;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A witness of logs (C2SP tlog-witness). What it cosigned last of each log lies in {@code state}, below the SHA-256 of
 * the log's origin.
 *
 * <p>INVARIANT: it never cosigns two histories of one log. So the checkpoint is durable before its cosignature leaves,
 * one request is dealt with at a time, one process has the directory, and a log whose state is missing is refused.
 *
 * <p>Threading: any.
 */
final class Witness implements AutoCloseable {

    private static final String UNKNOWN = "0\n";
    private static final String SIZE = "text/x.tlog.size";
    private static final String CLAIMS = "begun"; // the witness's key, and the directories of the logs
    private static final String ANEW = "Begin as a new witness, with a new key in a new directory: `witness init`";

    /** An answer of HTTP, and perhaps what the witness's own people must know. */
    record Answer(int status, String type, String body, Optional<String> warning) {

        Answer(int status, String type, String body) {
            this(status, type, body, Optional.empty());
        }

        private static Answer of(int status, String body) {
            return new Answer(status, "text/plain; charset=utf-8", body + "\n");
        }

        private Answer warning(String text) {
            return new Answer(status, type, body, Optional.of(text));
        }
    }

    private final WitnessSecret secret;
    private final Path state;
    private final List<VerifierKey> logs;
    private final InstantSource clock;
    private final FileChannel lock;

    /** @throws IOException if another process witnesses in {@code state}, or a log's state is missing there */
    Witness(WitnessSecret secret, Path state, Collection<VerifierKey> logs, InstantSource clock) throws IOException {
        this.secret = secret;
        this.state = state;
        this.logs = List.copyOf(logs);
        this.clock = clock;
        for (VerifierKey log : logs) {
            if (!isBegun(state, log)) {
                throw new IOException("the state of log `" + log.name() + "` in `" + state
                        + "`: without it, this witness could cosign a second history of the log, and with an older"
                        + " copy of it as well. " + ANEW);
            }
        }
        this.lock = lock(state);
    }

    private static FileChannel lock(Path state) throws IOException {
        FileChannel lock = FileChannel.open(state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock.tryLock() != null) {
                return lock;
            }
        } catch (OverlappingFileLockException e) {
            // The same process has it.
        }
        lock.close();
        throw new IOException("`" + state + "`: another process witnesses there: end it first,"
                + " or begin a witness of its own, with a new key");
    }

    /** Begins to witness {@code log} in {@code state}; only a witness with a new key may. */
    static void begin(Path state, VerifierKey log) throws IOException {
        Path file = file(state, log.name());
        Files.createDirectories(file.getParent());
        replace(file, UNKNOWN.getBytes(StandardCharsets.UTF_8));
        force(state);
    }

    static boolean isBegun(Path state, VerifierKey log) {
        return Files.exists(file(state, log.name()));
    }

    /** Returns the lines that {@link #claim} wrote in {@code state}; none if nobody did. */
    static List<String> claimed(Path state) throws IOException {
        Path file = state.resolve(CLAIMS);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** Throws unless {@code key} is the one that began in {@code state}. Another's state is not what it cosigned. */
    static void requireOwn(Path state, WitnessKey key) throws IOException {
        if (!claimed(state).stream().limit(1).toList().equals(List.of(key.toString()))) {
            throw new IllegalArgumentException("`" + state + "` is not where this key began: there it could cosign a"
                    + " second history. " + ANEW);
        }
    }

    /** Records that {@code key} begins to witness {@code logs} in {@code state}: there alone, and each of them once. */
    static void claim(Path state, WitnessKey key, List<VerifierKey> logs) throws IOException {
        List<String> claimed = new ArrayList<>(claimed(state));
        if (claimed.isEmpty()) {
            claimed.add(key.toString());
        }
        for (VerifierKey log : logs) {
            if (claimed.contains(directory(log.name()))) {
                throw new IllegalArgumentException(
                        "the state of `" + log.name() + "` in `" + state + "` was lost. " + ANEW);
            }
            claimed.add(directory(log.name()));
        }
        Files.createDirectories(state);
        byte[] lines = (String.join("\n", claimed) + "\n").getBytes(StandardCharsets.UTF_8);
        replace(state.resolve(CLAIMS), lines);
    }

    static String directory(String origin) {
        return HexFormat.of().formatHex(Sha256.of(origin.getBytes(StandardCharsets.UTF_8)));
    }

    private static Path file(Path state, String origin) {
        return state.resolve(directory(origin)).resolve(StaticLog.CHECKPOINT);
    }

    /** Returns the checkpoint of the log with that origin that it cosigned last, if there is one. */
    synchronized Optional<Note> latest(String origin) throws IOException {
        byte[] bytes = Files.readAllBytes(file(state, origin));
        try {
            return new String(bytes, StandardCharsets.UTF_8).equals(UNKNOWN)
                    ? Optional.empty()
                    : Optional.of(Note.read(bytes));
        } catch (MalformedException e) {
            throw new IllegalStateException("the state of log `" + origin + "` is damaged: " + e.getMessage(), e);
        }
    }

    /** Returns the file of a monitor's question, such as {@code /HASH/checkpoint}. */
    synchronized Optional<byte[]> file(String path) throws IOException {
        for (VerifierKey log : logs) {
            if (path.equals("/" + directory(log.name()) + "/" + StaticLog.CHECKPOINT)) {
                return latest(log.name()).map(Note::write);
            }
        }
        return Optional.empty();
    }

    /** Answers the body of an {@code add-checkpoint}. */
    synchronized Answer add(byte[] body) throws IOException {
        WitnessRequest request;
        String origin;
        try {
            request = WitnessRequest.read(body);
            origin = request.checkpoint().text().split("\n", 2)[0];
        } catch (MalformedException e) {
            return Answer.of(400, String.valueOf(e.getMessage()));
        }
        List<VerifierKey> keys =
                logs.stream().filter(log -> log.name().equals(origin)).toList();
        if (keys.isEmpty()) {
            return Answer.of(404, "this witness does not know that log");
        }
        Note signed = new Note(request.checkpoint().text(), List.of());
        try {
            for (VerifierKey key : request.checkpoint().verify(keys)) {
                signed = signed.signedBy(
                        key, request.checkpoint().signatures(key).get(0));
            }
        } catch (BadSignatureException e) {
            return Answer.of(403, String.valueOf(e.getMessage()));
        }
        Checkpoint checkpoint;
        try {
            checkpoint = Checkpoint.read(request.checkpoint().text());
        } catch (MalformedException e) {
            boolean isEmpty = request.checkpoint().text().startsWith(origin + "\n0\n");
            return Answer.of(isEmpty ? 422 : 400, String.valueOf(e.getMessage())); // an empty tree has one root
        }
        return add(request, checkpoint, signed);
    }

    private Answer add(WitnessRequest request, Checkpoint checkpoint, Note signed) throws IOException {
        Optional<Note> latest = latest(checkpoint.origin());
        Checkpoint known = latest.map(note -> Checkpoint.read(note.text()))
                .orElse(new Checkpoint(checkpoint.origin(), 0, Hash.emptyRoot()));
        if (request.old() > checkpoint.size()) {
            return Answer.of(400, "the old size is larger than the checkpoint's");
        }
        if (request.old() != known.size()) {
            return new Answer(409, SIZE, known.size() + "\n");
        }
        boolean isSameSize = checkpoint.size() == known.size();
        if (isSameSize && request.path().isEmpty() && !checkpoint.root().equals(known.root())) {
            // The log signed both, which is proof for people. The first such proof is kept.
            Path kept = file(state, checkpoint.origin()).resolveSibling("contradiction");
            if (!Files.exists(kept)) {
                replace(kept, signed.write());
            }
            return new Answer(409, SIZE, known.size() + "\n")
                    .warning("LOG `" + checkpoint.origin() + "` CONTRADICTS ITSELF: it signed another checkpoint of "
                            + known.size() + " receipts than this witness has cosigned; both are kept");
        }
        try {
            new ConsistencyProof(known.size(), checkpoint.size(), request.path())
                    .verify(known.root(), checkpoint.root());
        } catch (BadSignatureException e) {
            Answer answer = Answer.of(422, String.valueOf(e.getMessage()));
            if (isSameSize || known.size() == 0) { // only the proof is wrong, as it must be empty
                return answer;
            }
            replace(file(state, checkpoint.origin()).resolveSibling("unproven"), signed.write());
            return answer.warning("log `" + checkpoint.origin() + "` signed a checkpoint of " + checkpoint.size()
                    + " receipts, and the proof that came with it does not lead there from the " + known.size()
                    + " that this witness has cosigned: the log HAS ANOTHER HISTORY, or somebody else made up the"
                    + " proof; the checkpoint is kept as `unproven`");
        }
        Note cosigned = secret.cosign(signed, clock.instant());
        replace(file(state, checkpoint.origin()), cosigned.write());
        List<Note.SignatureLine> lines = cosigned.lines();
        return new Answer(
                200, "text/plain; charset=utf-8", lines.get(lines.size() - 1).toString());
    }

    /** Replaces {@code file} in one step that a power cut cannot undo. */
    static void replace(Path file, byte[] bytes) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName());
        Files.write(temporary, bytes);
        force(temporary);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
