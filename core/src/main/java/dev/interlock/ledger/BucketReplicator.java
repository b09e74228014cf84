package dev.interlock.ledger;

import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.VerifierKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Copies publications to a bucket. How far it leads is told by the checkpoint there, which is stored last. What never
 * changes is stored once, with a lock if there is to be one.
 */
final class BucketReplicator extends Replica {

    /** Minimum time between two copies: a machine that is lost takes at most so much with it. */
    private static final Duration INTERVAL = Duration.ofSeconds(30);

    private static final int MOST_DOUBLINGS = 6; // of a second, the pause after a failure

    private final Path from;
    private final VerifierKey key;
    private final S3Bucket bucket;

    /** The checkpoint that it left there; null before its first copy. Owned by the thread. */
    private byte @Nullable [] checkpoint;

    BucketReplicator(Path from, S3Bucket bucket, VerifierKey key, Duration patience) {
        super("ledger-upload", 0, patience);
        this.from = from;
        this.key = key;
        this.bucket = bucket;
    }

    @Override
    Duration pause(int failures) {
        return failures == 0 ? INTERVAL : Duration.ofSeconds(1L << Math.min(failures - 1, MOST_DOUBLINGS));
    }

    @Override
    void copy(Publisher.Publication publication) throws IOException, InterruptedException {
        resume(publication, bucket.get(StaticLog.CHECKPOINT).orElse(new byte[0]));
        for (Tile tile : Tile.changed(replicated(), publication.size())) {
            if (tile.isCompressible()) {
                keep(GzipFile.of(tile.path()), compressed(tile.path()));
            } else if (tile.isFull()) {
                keep(tile.path(), Files.readAllBytes(from.resolve(tile.path())));
            }
        }
        copySegments(publication.end());
        for (Map.Entry<String, byte[]> file : publication.partials().entrySet()) {
            keep(file.getKey(), file.getValue());
        }
        for (Map.Entry<String, byte[]> file : publication.witnessed().entrySet()) {
            bucket.replace(file.getKey(), file.getValue());
        }
        byte[] note = publication.checkpoint().write();
        keep("checkpoints/" + publication.size(), note);
        // Last: a checkpoint must never cover what is missing.
        bucket.replace(StaticLog.CHECKPOINT, note);
        checkpoint = note;
        replicated(publication.size());
    }

    /** Continues what is there, or begins again. A log that is shorter there or different is left for people to see. */
    private void resume(Publisher.Publication publication, byte[] found) throws IOException {
        if (checkpoint != null && !Arrays.equals(found, checkpoint)) {
            lost();
            checkpoint = null;
        } else if (checkpoint == null && found.length > 0) {
            try {
                Checkpoint there = Checkpoint.open(found, List.of(key));
                StaticLog log = StaticLog.open(from, List.of(key));
                if (there.size() > publication.size()) {
                    throw new IOException(
                            "the bucket holds more receipts than the log, which was truncated or set back: compare them by `interlock verify --replica`, or choose another prefix in `url`");
                }
                if (!log.rootAt(there.size()).equals(there.root())) {
                    throw new IOException(
                            "the bucket holds another history of the log: compare them by `interlock verify --replica`");
                }
                replicated(there.size());
            } catch (BadSignatureException | MalformedException e) {
                throw new IOException(
                        "the checkpoint in the bucket is not signed by this log's key: choose another prefix in `url`",
                        e);
            }
        }
    }

    /** The last one is replaced until it is full. Its receipts are in locked bundles too. */
    private void copySegments(CommittedReceipt.FramePosition end) throws IOException, InterruptedException {
        List<Long> segments = LedgerRecovery.segments(from);
        for (int i = 0; i < segments.size() && segments.get(i) <= end.segment(); i++) {
            String path = "segments/" + Segment.fileName(segments.get(i));
            if (segments.get(i) == end.segment()) {
                byte[] begun = Arrays.copyOf(SegmentBytes.read(from.resolve(path)), end.end());
                bucket.replace(GzipFile.of(path), compressed(begun));
            } else if (segments.get(i + 1) > replicated()) {
                keep(GzipFile.of(path), compressed(path));
            }
        }
    }

    private void keep(String name, byte[] body) throws IOException, InterruptedException {
        requireGoing();
        bucket.keep(name, body);
    }

    private byte[] compressed(String path) throws IOException {
        try {
            return compressed(Files.readAllBytes(from.resolve(path)));
        } catch (NoSuchFileException e) {
            return Files.readAllBytes(GzipFile.of(from.resolve(path)));
        }
    }

    private static byte[] compressed(byte[] contents) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        GzipFile.compress(new ByteArrayInputStream(contents), body);
        return body.toByteArray();
    }
}
