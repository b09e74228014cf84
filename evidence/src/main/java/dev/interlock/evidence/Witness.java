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

    /** An answer of HTTP. */
    record Answer(int status, String type, String body) {
        private static Answer of(int status, String body) {
            return new Answer(status, "text/plain; charset=utf-8", body + "\n");
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
                        + "`: without it, this witness could cosign a second history of the log. Restore it, or begin"
                        + " as a new witness, with a new key: `witness init`");
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

    static String directory(String origin) {
        return HexFormat.of().formatHex(Sha256.of(origin.getBytes(StandardCharsets.UTF_8)));
    }

    private static Path file(Path state, String origin) {
        return state.resolve(directory(origin)).resolve(StaticLog.CHECKPOINT);
    }

    /** Returns the checkpoint of the log with that origin that it cosigned last, if there is one. */
    synchronized Optional<Note> latest(String origin) throws IOException {
        byte[] bytes = Files.readAllBytes(file(state, origin));
        return new String(bytes, StandardCharsets.UTF_8).equals(UNKNOWN)
                ? Optional.empty()
                : Optional.of(Note.read(bytes));
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
        try {
            request.checkpoint().verify(keys);
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
        return add(request, checkpoint);
    }

    private Answer add(WitnessRequest request, Checkpoint checkpoint) throws IOException {
        Optional<Note> latest = latest(checkpoint.origin());
        Checkpoint known = latest.map(note -> Checkpoint.read(note.text()))
                .orElse(new Checkpoint(checkpoint.origin(), 0, Hash.emptyRoot()));
        if (request.old() > checkpoint.size()) {
            return Answer.of(400, "the old size is larger than the checkpoint's");
        }
        if (request.old() != known.size()) {
            return new Answer(409, SIZE, known.size() + "\n");
        }
        try {
            new ConsistencyProof(known.size(), checkpoint.size(), request.path())
                    .verify(known.root(), checkpoint.root());
        } catch (BadSignatureException e) {
            // The log signed both: that is proof for people, whether of a mistake or of two histories.
            replace(
                    file(state, checkpoint.origin()).resolveSibling("contradiction"),
                    request.checkpoint().write());
            return Answer.of(422, String.valueOf(e.getMessage()));
        }
        List<Note.SignatureLine> own = request.checkpoint().lines().stream()
                .filter(line -> line.name().equals(checkpoint.origin()))
                .toList();
        Note cosigned = secret.cosign(new Note(request.checkpoint().text(), own), clock.instant());
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
