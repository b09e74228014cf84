package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The log in a bucket. Closing copies the rest at once, so that no test waits for the pause between two copies. */
class BucketReplicatorTest {

    @TempDir
    private Path directory;

    private TestLedgers ledgers;
    private TestBucket bucket;

    @BeforeEach
    void begin() throws IOException {
        ledgers = new TestLedgers(directory);
        bucket = new TestBucket();
    }

    @AfterEach
    void end() {
        bucket.close();
    }

    private Ledger open(int lockDays) throws IOException {
        return Ledger.open(ledgers.config(false).withBucket(Optional.of(bucket.address(lockDays))), new SecureRandom());
    }

    private VerifierKey fill(int from, int to) throws IOException {
        try (Ledger ledger = open(400)) {
            TestLedgers.fill(ledger, from, to);
            return ledger.verifierKey();
        }
    }

    private LogReport downloaded(VerifierKey key) throws IOException {
        Path copy = directory.resolve("copy");
        TestLedgers.delete(copy);
        bucket.download(copy);
        return new LogVerifier(List.of(key), Map.of()).verify(copy, Optional.of(ledgers.evidence()));
    }

    @Test
    void whatIsDownloadedVerifies() throws Exception {
        VerifierKey key = fill(0, 700);
        assertThat(downloaded(key).problems()).isEmpty();
        assertThat(downloaded(key).checkpoint().size()).isEqualTo(700);
        assertThat(ledgers.verify(key).problems()).isEmpty();
        assertThat(bucket.names())
                .contains(
                        "checkpoint", "checkpoints/700", "tile/0/000", "tile/entries/001.gz", "tile/entries/002.p/188");
    }

    /** The thread that uploads would wait for good, and the replica lag without a word. */
    @Test
    @Timeout(60)
    void halfAnAnswerIsNotWaitedForForGood() throws Exception {
        LedgerConfig.BucketAddress real = bucket.address(0);
        try (ServerSocket half = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try {
                    Socket kept = half.accept();
                    kept.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            LedgerConfig.BucketAddress address = new LedgerConfig.BucketAddress(
                    URI.create("http://127.0.0.1:" + half.getLocalPort() + "/log/"),
                    real.region(),
                    0,
                    Optional.empty(),
                    real.key());
            assertThatThrownBy(() -> new S3Bucket(address, Duration.ofMillis(300)).get("checkpoint"))
                    .hasMessage("no answer in time");
        }
    }

    @Test
    void whatNeverChangesIsLockedAndStoredOnce() throws Exception {
        fill(0, 700);
        VerifierKey key = fill(700, 900);
        assertThat(downloaded(key).problems()).isEmpty();
        String last = bucket.names().stream()
                .filter(name -> name.startsWith("segments/"))
                .toList()
                .getLast();
        assertThat(bucket.names().stream().filter(name -> !bucket.isLocked(name)))
                .containsExactlyInAnyOrder("checkpoint", last);
        assertThat(bucket.puts.stream().filter(name -> name.startsWith("tile/")))
                .doesNotHaveDuplicates();
    }

    /** What was there already is found again, although the checkpoint that tells of it is gone. */
    @Test
    void aLostCheckpointIsStoredAgain() throws Exception {
        VerifierKey key = fill(0, 700);
        bucket.forget("checkpoint");
        bucket.forget("tile/0/000");
        fill(700, 701);
        assertThat(downloaded(key).problems()).isEmpty();
        assertThat(bucket.puts.stream().filter("tile/entries/000.gz"::equals)).hasSize(1);
    }

    @Test
    void aCopyThatIsSetBackWhileItRunsIsReportedAndMended() throws Exception {
        VerifierKey key = fill(0, 300);
        bucket.puts.clear();
        Ledger ledger = open(400);
        try (ledger) {
            TestLedgers.await(() -> bucket.puts.contains("checkpoint"));
            bucket.set("checkpoint", new byte[] {1});
            TestLedgers.fill(ledger, 300, 301);
        }
        assertThat(ledger.status().replicaLosses()).isOne();
        assertThat(downloaded(key).checkpoint().size()).isEqualTo(301);
    }

    @Test
    void aWrongKeyIsNamedWithTheNextStepAndStopsNothing() throws Exception {
        bucket.credentials = bucket.credentials.replace("EXAMPLEKEY", "WRONGKEY");
        try (Ledger ledger = open(0)) {
            TestLedgers.fill(ledger, 0, 10);
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating().get())
                    .contains("403 SignatureDoesNotMatch", "check `credentials-file`")
                    .doesNotContain("wJalr", TestBucket.KEY);
            assertThat(ledger.status().lag()).hasValue(10);
            ledger.append(TestLedgers.refused(10));
            bucket.credentials = bucket.credentials.replace("WRONGKEY", "EXAMPLEKEY");
            TestLedgers.await(() -> ledger.status().lag().getAsLong() == 0);
        }
    }

    @Test
    void anOutageIsWaitedFor() throws Exception {
        bucket.breakWith(503);
        Ledger ledger = open(400);
        try (ledger) {
            TestLedgers.fill(ledger, 0, 300);
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating())
                    .contains("the bucket answers with status 503 SlowDown: it is tried again");
            bucket.breakWith(0);
            TestLedgers.await(() -> ledger.status().lag().getAsLong() == 0);
        }
        assertThat(downloaded(ledger.verifierKey()).problems()).isEmpty();
    }

    /** The log was set back on its machine: nothing of it may replace what the bucket knows. */
    @Test
    void aLogThatWasTruncatedIsNotCopied() throws Exception {
        fill(0, 300);
        Path before = directory.resolve("before");
        TestLedgers.copy(ledgers.evidence(), before);
        Path index = directory.resolve("index");
        TestLedgers.copy(ledgers.state(), index);
        fill(300, 400);
        TestLedgers.copy(before, ledgers.evidence());
        TestLedgers.copy(index, ledgers.state());
        byte[] there = bucket.get("checkpoint");
        try (Ledger ledger = open(400)) {
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating().get()).contains("holds more receipts than the log");
        }
        fill(1300, 1500); // another history, longer
        try (Ledger ledger = open(400)) {
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating().get()).contains("another history of the log");
        }
        assertThat(bucket.get("checkpoint")).isEqualTo(there);
    }

    /** A machine that is lost: its log continues from the copy. */
    @Test
    void aLedgerContinuesFromTheCopy() throws Exception {
        VerifierKey key = fill(0, 700);
        downloaded(key);
        TestLedgers.delete(ledgers.evidence());
        TestLedgers.copy(directory.resolve("copy"), ledgers.evidence());
        ledgers.deleteIndex();
        try (Ledger ledger = open(400)) {
            assertThat(ledger.status().size()).isEqualTo(700);
            ledger.append(TestLedgers.refused(700));
        }
        assertThat(downloaded(key).problems()).isEmpty();
    }
}
