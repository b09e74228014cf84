package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.Tile;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A copy of a ledger whose gateway goes on while it is verified, or was damaged. */
class LedgerReplicasTest {

    private static final int RECEIPTS = 300;
    private static final String LAST = "tile/entries/001.p/" + (RECEIPTS - Tile.WIDTH);
    private static final String HASHES = "tile/0/001.p/" + (RECEIPTS - Tile.WIDTH);

    @TempDir
    Path directory;

    private Path copies;
    private Path copy;
    private VerifierKey key;

    private Ledger open() throws IOException {
        return Ledger.open(
                LedgerConfig.of(
                        TestLedgers.ORIGIN, directory.resolve("ledger"), directory.resolve("state"), Optional.of(copy)),
                new SecureRandom());
    }

    @BeforeEach
    void write() throws Exception {
        copies = directory.resolve("copies");
        copy = copies.resolve("b");
        try (Ledger ledger = open()) {
            key = ledger.verifierKey();
            for (int i = 0; i < RECEIPTS; i++) {
                ledger.append(TestLedgers.receipt(i, Receipt.Kind.REFUSED));
            }
        }
    }

    private LedgerReplicas.LedgerReplica found() {
        return new LedgerReplicas(Optional.of(copies), "interlock.example/a")
                .all()
                .get(TestLedgers.ORIGIN);
    }

    private static List<String> read(LedgerReplicas.LedgerReplica replica) throws IOException {
        List<String> ids = new ArrayList<>();
        replica.read(0, receipt -> ids.add(receipt.id()));
        return ids;
    }

    /**
     * What the copy of a gateway that goes on is like: newer partial files come before a checkpoint, older ones go
     * after it.
     */
    @ParameterizedTest
    @ValueSource(strings = {LAST, HASHES, "tile/1/000.p/1"})
    void aCopyThatMovesOnWhileItIsVerifiedIsSound(String partial) throws Exception {
        LedgerReplicas.LedgerReplica replica = found();
        Files.move(
                copy.resolve(partial),
                Files.createDirectories(copy.resolve("tile/0/001.p")).resolve("99"));
        assertThat(replica.verify(key).recordsSound()).isFalse();
        assertThat(read(replica)).hasSize(RECEIPTS);
        assertThat(replica.openIntents(key)).isEmpty();
    }

    /** The real thing: whatever the gateway does meanwhile, its copy can be used. */
    @Test
    void aCopyIsSoundWhileItsGatewayWritesIt() throws Exception {
        try (Ledger ledger = open()) {
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = RECEIPTS; i < 3 * RECEIPTS; i++) {
                        ledger.append(TestLedgers.receipt(i, Receipt.Kind.REFUSED));
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            while (writer.isAlive()) {
                LedgerReplicas.LedgerReplica replica = found();
                assertThat(replica.verify(key).checkpoint().size()).isGreaterThanOrEqualTo(replica.size());
                assertThat(read(replica)).hasSize((int) replica.size());
            }
            writer.join();
        }
    }

    /** Whoever opens a pipe waits for the other end, as for a disk that hangs. */
    @Test
    @Tag("process")
    void whoGivesUpLeavesOneThreadAtADiskThatHangs() throws Exception {
        Path file = copy.resolve("checkpoint");
        byte[] checkpoint = Files.readAllBytes(file);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        LedgerReplicas replicas = new LedgerReplicas(Optional.of(copies), "interlock.example/a");
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> replicas.ask(copy, () -> {
                        asked.incrementAndGet();
                        return Files.readAllBytes(file);
                    }))
                    .isInstanceOf(IOException.class);
            Thread.interrupted();
        }
        assertThat(replicas.hung()).hasSize(1);
        Files.write(file, checkpoint); // it answers
        while (!replicas.hung().isEmpty()) {
            WaitLoop.pause();
        }
        assertThat(asked).hasValue(1);
    }

    private void refused(LedgerReplicas.LedgerReplica replica) {
        assertThatThrownBy(() -> replica.verify(key))
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining(TestLedgers.ORIGIN);
    }

    @Test
    void anAlteredSegmentIsRefused() throws Exception {
        Path segment = copy.resolve("segments").resolve(Segment.fileName(0));
        byte[] bytes = Files.readAllBytes(segment);
        bytes[200] ^= 1;
        Files.write(segment, bytes);
        Files.delete(copy.resolve(LAST));
        refused(found());
    }

    /** Its end is lost, as if it had never been written: the checkpoint still says that it was. */
    @Test
    void aSegmentWithoutItsEndIsRefused() throws Exception {
        Path segment = copy.resolve("segments").resolve(Segment.fileName(0));
        byte[] bytes = Files.readAllBytes(segment);
        Arrays.fill(bytes, SegmentBytes.nonZeroEnd(bytes) - 100, bytes.length, (byte) 0);
        Files.write(segment, bytes);
        refused(found());
    }

    /** Whoever can write to the copy can make frames whose checksums fit. */
    @Test
    void aForgedReceiptBeyondTheMarkIsNotProved() throws Exception {
        List<String> read = new ArrayList<>();
        assertThat(found().readProved(key, RECEIPTS - 10, receipt -> read.add(receipt.id())))
                .isEqualTo(RECEIPTS);
        assertThat(read).hasSize(10);
        Path file = copy.resolve("segments").resolve(Segment.fileName(0));
        byte[] bytes = Files.readAllBytes(file);
        Segment segment = new Segment(bytes, 0);
        Segment.Frame last = segment.next();
        while (last.index() < RECEIPTS - 1) {
            last = segment.next();
        }
        byte[] forged = new String(segment.entry(last), StandardCharsets.UTF_8)
                .replace("jer/cursor", "jer/cursir")
                .getBytes(StandardCharsets.UTF_8);
        int place = ByteBuffer.wrap(bytes).getShort(last.offset());
        byte[] frame = Segment.frame(last.index(), place, forged);
        System.arraycopy(frame, 0, bytes, last.offset(), frame.length);
        Files.write(file, bytes);
        assertThat(read(found())).as("it looks sound").hasSize(RECEIPTS);
        assertThatThrownBy(() -> found().readProved(key, RECEIPTS - 10, _ -> {}))
                .isInstanceOf(LedgerCorruptException.class);
    }

    /** They are made from the receipts, and a power cut can have taken them. */
    @Test
    void withoutTheUpperTilesAllIsRead() throws Exception {
        for (String tile : List.of("tile/0/000", "tile/1/000.p/1")) {
            Files.delete(copy.resolve(tile));
        }
        List<String> read = new ArrayList<>();
        found().readProved(key, RECEIPTS - 10, receipt -> read.add(receipt.id()));
        assertThat(read).hasSize(10);
    }

    /** A power cut empties it, and an empty one covers nothing of what would be read. */
    @Test
    void anEmptyCheckpointIsRefused() throws Exception {
        LedgerReplicas.LedgerReplica replica = found();
        Files.write(copy.resolve("checkpoint"), new byte[0]);
        refused(replica);
        assertThat(found()).isNull();
    }

    /** The copy was put back meanwhile: what would be read has no proof. */
    @Test
    void anOlderCheckpointIsRefused() {
        LedgerReplicas.LedgerReplica replica = found();
        refused(new LedgerReplicas.LedgerReplica(replica.origin(), replica.directory(), RECEIPTS + 1));
    }

    /** Behind the longest list that is kept may be an alteration. */
    @Test
    void aCopyWithTooManyFindingsIsRefused() throws Exception {
        for (int i = 0; i < 1000; i++) {
            Path stray = copy.resolve(Tile.entries(1000 + i, Tile.WIDTH).path());
            Files.createDirectories(stray.getParent());
            Files.write(stray, new byte[1]);
        }
        refused(found());
    }
}
