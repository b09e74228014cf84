package dev.interlock.ledger;

import dev.interlock.action.Secret;
import dev.interlock.evidence.WitnessKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The location of a ledger.
 *
 * @param origin the log's permanent name, for example {@code interlock.example/gateway-1}
 * @param evidence the directory that strangers may read: segments, tiles, checkpoint
 * @param state the directory that they may not read: signing key, text keys, index, lock
 * @param sealsTexts whether the texts of receipts are sealed from now on, so that they can be erased
 */
public record LedgerConfig(
        String origin,
        Path evidence,
        Path state,
        Optional<Path> replica,
        Optional<BucketAddress> bucket,
        List<WitnessEndpoint> witnesses,
        int segmentBytes,
        boolean sealsTexts) {

    /** A witness by the name that people gave it, and the whole address of its {@code add-checkpoint}. */
    public record WitnessEndpoint(String name, WitnessKey key, URI url) {}

    /**
     * A bucket for a copy.
     *
     * @param root its address, up to the slash behind the prefix
     * @param lockDays for how long nobody may delete what was stored; 0 without a lock
     * @param tls whom it trusts to be the store; if empty, whom the JDK trusts
     * @param key the access key in the form of {@code ~/.aws/credentials}, read for each request
     */
    public record BucketAddress(URI root, String region, int lockDays, Optional<SSLContext> tls, KeySource key) {

        /** Where a secret is read. */
        @FunctionalInterface
        public interface KeySource {
            Secret read() throws IOException;
        }
    }

    /** Large enough that a new segment is rare, small enough to read one whole on start. */
    public static final int DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;

    public static LedgerConfig of(String origin, Path evidence, Path state, Optional<Path> replica) {
        return new LedgerConfig(
                origin, evidence, state, replica, Optional.empty(), List.of(), DEFAULT_SEGMENT_BYTES, false);
    }

    public LedgerConfig withWitnesses(List<WitnessEndpoint> asked) {
        return new LedgerConfig(origin, evidence, state, replica, bucket, asked, segmentBytes, sealsTexts);
    }

    public LedgerConfig withSealedTexts(boolean asked) {
        return new LedgerConfig(origin, evidence, state, replica, bucket, witnesses, segmentBytes, asked);
    }

    public LedgerConfig withBucket(Optional<BucketAddress> copied) {
        return new LedgerConfig(origin, evidence, state, replica, copied, witnesses, segmentBytes, sealsTexts);
    }
}
