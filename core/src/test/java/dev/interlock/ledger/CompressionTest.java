package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.VerifierKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Full bundles and segments are compressed, and every reader takes both forms. */
class CompressionTest {

    private static final int COUNT = 600;

    @TempDir
    private Path directory;

    private TestLedgers ledgers;

    @BeforeEach
    void prepare() {
        ledgers = new TestLedgers(directory);
    }

    private VerifierKey filled(boolean isReplicated) throws Exception {
        try (Ledger ledger = isReplicated ? ledgers.openReplicated() : ledgers.open()) {
            TestLedgers.fill(ledger, 0, COUNT);
            return ledger.verifierKey();
        }
    }

    private void requireAll(Ledger ledger) throws IOException {
        List<Receipt> read = new ArrayList<>();
        ledger.read(0, read::add);
        assertThat(read)
                .extracting(Receipt::id)
                .hasSizeGreaterThanOrEqualTo(COUNT)
                .doesNotHaveDuplicates();
        for (int number : List.of(0, 77, 256, 511, COUNT - 1)) {
            assertThat(ledger.find(TestLedgers.id(number))).isPresent();
            assertThat(ledger.prove(TestLedgers.id(number))).isPresent();
        }
    }

    @Test
    void whatIsFullIsCompressedHereAndInTheReplica() throws Exception {
        VerifierKey key = filled(true);
        assertThat(TestLedgers.uncompressed(ledgers.evidence())).isEmpty();
        assertThat(TestLedgers.uncompressed(ledgers.replica())).isEmpty();
        assertThat(TestLedgers.compressed(ledgers.evidence())).hasSizeGreaterThan(10);
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
        try (Ledger ledger = ledgers.openReplicated()) {
            requireAll(ledger);
            ledger.append(TestLedgers.refused(COUNT));
            assertThat(ledger.status().replicaLosses()).isZero();
        }
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
        TestLedgers.delete(ledgers.evidence().resolve("tile"));
        ledgers.deleteIndex();
        try (Ledger ledger = ledgers.openReplicated()) {
            requireAll(ledger);
        }
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
    }

    @Test
    void anOlderLedgerIsCompressedAfterTheStart() throws Exception {
        VerifierKey key = filled(true);
        TestLedgers.decompress(ledgers.evidence());
        TestLedgers.decompress(ledgers.replica());
        assertThat(TestLedgers.uncompressed(ledgers.evidence())).hasSizeGreaterThan(10);
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
        try (Ledger ledger = ledgers.openReplicated()) {
            requireAll(ledger);
            TestLedgers.await(() -> TestLedgers.uncompressed(ledgers.evidence()).isEmpty());
            requireAll(ledger);
            ledger.append(TestLedgers.refused(COUNT));
            assertThat(ledger.madeAgain()).isEmpty();
            assertThat(ledger.status().replicaLosses()).isZero();
        }
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
    }

    /** Everything that a stop between two steps can leave is sound before the next start, and one form after it. */
    @Test
    void aCutAtAnyStepLosesNothing() throws Exception {
        VerifierKey key = filled(false);
        Path whole = directory.resolve("whole");
        TestLedgers.copy(ledgers.evidence(), whole);
        String segment = "segments/" + Segment.fileName(0);
        for (String name : List.of("tile/entries/001", segment)) {
            for (int step = 0; step < 5; step++) {
                TestLedgers.copy(whole, ledgers.evidence());
                leave(ledgers.evidence().resolve(name), step);
                assertThat(ledgers.verify(key).problems())
                        .as("%s, step %d", name, step)
                        .isEmpty();
                try (Ledger ledger = ledgers.open()) {
                    requireAll(ledger);
                    TestLedgers.await(
                            () -> TestLedgers.uncompressed(ledgers.evidence()).isEmpty());
                    assertThat(ledger.madeAgain()).as("%s, step %d", name, step).isEmpty();
                }
                assertThat(ledgers.verify(key).problems())
                        .as("%s, step %d", name, step)
                        .isEmpty();
            }
        }
    }

    /**
     * Leaves {@code file} as it is after some steps: nothing, a part of the new form, all of it, its name, no old form.
     */
    private static void leave(Path file, int step) throws IOException {
        byte[] contents = GzipFile.read(file);
        Path compressed = GzipFile.of(file);
        byte[] bytes = Files.readAllBytes(compressed);
        Path hidden = file.resolveSibling("." + compressed.getFileName());
        if (step < 4) {
            Files.write(file, contents);
        }
        if (step < 3) {
            Files.delete(compressed);
        }
        switch (step) {
            case 1 -> Files.write(hidden, Arrays.copyOf(bytes, bytes.length / 2));
            case 2 -> Files.write(hidden, bytes);
            default -> {}
        }
    }

    /** As in a copy of which the last segment was full: it is appended to, so it is made plain again. */
    @Test
    void aLastSegmentThatIsCompressedSurvivesAFullDisk() throws Exception {
        VerifierKey key = filled(true);
        for (Path log : List.of(ledgers.evidence(), ledgers.replica())) {
            Path last = log.resolve("segments")
                    .resolve(Segment.fileName(LedgerRecovery.segments(log).getLast()));
            SegmentBytes.compress(last);
        }
        FaultyDisk disk = new FaultyDisk();
        disk.fault = FaultyDisk.Fault.WRITE_FAILED_HALF_WAY;
        assertThatThrownBy(() -> ledgers.open(disk)).isInstanceOf(IOException.class);
        assertThat(ledgers.verify(key).problems()).isEmpty();
        try (Ledger ledger = ledgers.openReplicated()) {
            requireAll(ledger);
            ledger.append(TestLedgers.refused(COUNT));
        }
        assertThat(ledgers.verifyWithReplica(key).problems()).isEmpty();
        assertThat(new LogVerifier(List.of(key), Map.of())
                        .verify(ledgers.replica(), Optional.empty())
                        .problems())
                .isEmpty();
    }

    @Test
    void whatCannotBeCompressedLeavesNothingBehind() throws Exception {
        Path file = Files.write(directory.resolve("full"), new byte[1000]);
        InputStream failing = new SequenceInputStream(new ByteArrayInputStream(new byte[1000]), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("No space left on device");
            }
        });
        assertThatThrownBy(() -> DiskFile.replaceCompressed(file, failing)).hasMessageContaining("No space");
        assertThat(directory).isDirectoryNotContaining(found -> !found.equals(file));
        assertThat(file).hasSize(1000);
    }

    @Test
    void aDamagedCompressedSegmentIsNeverTakenForReceipts() throws Exception {
        VerifierKey key = filled(false);
        Path segment = ledgers.evidence().resolve("segments/" + Segment.fileName(0) + ".gz");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        assertThat(ledgers.verify(key).problems())
                .isNotEmpty()
                .allMatch(found -> found.file().equals("segments/" + segment.getFileName()));
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.await(() -> ledger.damage().isPresent());
            assertThat(ledger.madeAgain()).isEmpty();
        }
        assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
        TestLedgers.delete(ledgers.evidence().resolve("tile"));
        assertThatThrownBy(ledgers::open)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("is damaged");
    }

    @Test
    void aDamagedCompressedBundleIsMadeAgain() throws Exception {
        VerifierKey key = filled(false);
        Path bundle = ledgers.evidence().resolve("tile/entries/001.gz");
        byte[] good = Files.readAllBytes(bundle);
        Files.write(bundle, Arrays.copyOf(good, good.length / 2));
        assertThat(ledgers.verify(key).problems())
                .extracting(Object::toString)
                .singleElement()
                .satisfies(said -> {
                    assertThat(said).startsWith("tile/entries/001.gz");
                });
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.find(TestLedgers.id(300))).as("from the segments").isPresent();
            TestLedgers.await(() -> !ledger.madeAgain().isEmpty());
            requireAll(ledger);
            assertThat(ledger.madeAgain()).containsExactly("tile/entries/001");
        }
        assertThat(Files.readAllBytes(bundle)).isEqualTo(good);
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }
}
