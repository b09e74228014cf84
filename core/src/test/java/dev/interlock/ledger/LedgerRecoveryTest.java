package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.LogFinding;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerRecoveryTest {

    @TempDir
    Path directory;

    private TestLedgers ledgers;

    @BeforeEach
    void prepare() {
        ledgers = new TestLedgers(directory);
    }

    /** Returns the key of a ledger with {@code count} receipts, whose files a test can alter: none is compressed. */
    private VerifierKey filled(int count) throws Exception {
        Ledger ledger = ledgers.open();
        try (ledger) {
            TestLedgers.fill(ledger, 0, count);
        }
        TestLedgers.decompress(ledgers.evidence());
        return ledger.verifierKey();
    }

    /** Each fault comes twice: it failed, and it failed but took effect. */
    @ParameterizedTest
    @EnumSource(
            value = FaultyDisk.Fault.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "CREATE_FAILED", "CREATE_FAILED_BUT_TOOK_EFFECT"})
    void afterAFailureTheLedgerRereadsItsFilesFirst(FaultyDisk.Fault fault) throws Exception {
        FaultyDisk disk = new FaultyDisk();
        Ledger ledger = ledgers.open(disk);
        ledger.append(TestLedgers.refused(0));
        disk.fault = fault;
        assertThatThrownBy(() -> ledger.append(TestLedgers.refused(1))).isInstanceOf(LedgerUnavailableException.class);
        disk.fault = FaultyDisk.Fault.NONE;
        assertThatThrownBy(() -> ledger.append(TestLedgers.refused(2)))
                .isInstanceOf(LedgerUnavailableException.class)
                .hasMessageContaining("accepts no more receipts");
        assertThat(ledger.status().refusing()).isPresent();
        assertThat(ledger.find(TestLedgers.id(0))).isPresent();
        ledger.close();

        Ledger again = ledgers.open();
        try (again) {
            assertThat(again.find(TestLedgers.id(0))).isPresent();
            assertThat(again.find(TestLedgers.id(1)).isPresent()).isEqualTo(fault.tookEffect());
            again.append(TestLedgers.refused(3));
        }
        assertThat(ledgers.verify(again.verifierKey()).problems()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = FaultyDisk.Fault.class,
            names = {"CREATE_FAILED", "CREATE_FAILED_BUT_TOOK_EFFECT"})
    void aDiskThatFillsUpAtTheNextSegmentRefuses(FaultyDisk.Fault fault) throws Exception {
        FaultyDisk disk = new FaultyDisk();
        Ledger ledger = ledgers.open(disk);
        disk.fault = fault;
        int written = 0;
        try {
            for (; written < 1000; written++) {
                ledger.append(TestLedgers.refused(written));
            }
        } catch (LedgerUnavailableException e) {
            disk.fault = FaultyDisk.Fault.NONE;
        }
        ledger.close();
        assertThat(written).isLessThan(1000);

        Ledger again = ledgers.open();
        try (again) {
            assertThat(again.status().size()).isEqualTo(written);
            again.append(TestLedgers.refused(written));
        }
        assertThat(ledgers.verify(again.verifierKey()).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 12, 13, 40})
    void aPartialWriteIsRemoved(int length) throws Exception {
        VerifierKey key = filled(5);
        Path segment = segment(0);
        byte[] frame = Segment.frame(5, 0, TestLedgers.refused(5).canonical());
        append(segment, Arrays.copyOf(frame, length));
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.status().size()).isEqualTo(5);
            assertThat(ledger.status().tornBytes()).isPositive();
            ledger.append(TestLedgers.refused(6));
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    /** The pages of one group may reach the disk in any order; none of it was acknowledged. */
    @Test
    void aHoleInTheLastGroupIsRemoved() throws Exception {
        VerifierKey key = filled(5);
        byte[] first = Segment.frame(5, 0, TestLedgers.refused(5).canonical());
        byte[] second = Segment.frame(6, 1, TestLedgers.refused(6).canonical());
        first[first.length - 1] ^= 1;
        append(segment(0), concat(first, second));
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.status().size()).isEqualTo(5);
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    /** A later group behind it was made durable. So this one was durable too, and is damaged. */
    @Test
    void aHoleBeforeTheLastGroupIsDamage() throws Exception {
        filled(5);
        byte[] first = Segment.frame(5, 0, TestLedgers.refused(5).canonical());
        byte[] second = Segment.frame(6, 0, TestLedgers.refused(6).canonical());
        first[first.length - 1] ^= 1;
        append(segment(0), concat(first, second));
        assertThatThrownBy(ledgers::open)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("leaf 5");
    }

    @Test
    void receiptsCoveredByACheckpointAreNotRemoved() throws Exception {
        filled(5);
        ledgers.deleteIndex();
        Path segment = segment(0);
        byte[] bytes = Files.readAllBytes(segment);
        int end = end(bytes);
        bytes[end - 3] ^= 1;
        Files.write(segment, bytes);
        assertThatThrownBy(ledgers::open)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("truncated");
    }

    @Test
    void derivedFilesAreRebuilt() throws Exception {
        VerifierKey key = filled(600);
        TestLedgers.delete(ledgers.evidence().resolve("tile"));
        ledgers.deleteIndex();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.find(TestLedgers.id(77))).isPresent();
            assertThat(ledger.verifierKey()).isEqualTo(key);
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
        Files.delete(ledgers.evidence().resolve("checkpoint"));
        ledgers.open().close();
        assertThat(ledgers.verify(key).problems()).isEmpty();
        assertThat(ledgers.verify(key).checkpoint().size()).isEqualTo(600);
    }

    /** Full files are forced, so this is no power cut. The start reads the right edge, and the others soon after. */
    @Test
    void anEmptiedTileIsRebuilt() throws Exception {
        VerifierKey key = filled(600);
        Files.write(ledgers.evidence().resolve("tile/0/000"), new byte[0]);
        Files.write(ledgers.evidence().resolve("tile/entries/000"), new byte[0]);
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.await(() -> ledger.madeAgain().size() == 2);
            assertThat(ledger.prove(TestLedgers.id(77))).isPresent();
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    @Test
    void aNewLedgerHasNothingToMakeAgain() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.madeAgain()).isEmpty();
            assertThat(ledger.isNew()).isTrue();
            TestLedgers.fill(ledger, 0, 1);
        }
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.isNew()).isFalse();
        }
    }

    /** A power cut empties names that were not forced: those of the last checkpoints, and of older ones. */
    @Test
    void partialFilesThatAPowerCutEmptiedAreMadeAgainOrRemoved() throws Exception {
        VerifierKey key = filled(300);
        for (String name :
                List.of("entries/001.p/44", "0/001.p/44", "entries/001.p/7", "entries/000.p/104", "0/000.p/104")) {
            Path file = ledgers.evidence().resolve("tile").resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[0]);
        }
        LogReport before = ledgers.verify(key);
        assertThat(before.recordsSound()).isFalse();
        assertThat(before.isCrashPossible()).isTrue();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.madeAgain()).containsExactlyInAnyOrder("tile/entries/001.p/44", "tile/0/001.p/44");
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
        assertThat(ledgers.evidence().resolve("tile/entries/000.p")).doesNotExist();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.madeAgain()).isEmpty();
        }
    }

    /** A start reads only the end, so this is found soon after it. */
    @Test
    void garbledFullFilesAreMadeAgain() throws Exception {
        VerifierKey key = filled(600);
        for (String name : List.of("tile/entries/000", "tile/0/001")) {
            Path file = ledgers.evidence().resolve(name);
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
        }
        assertThat(ledgers.verify(key).recordsSound()).isFalse();
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.await(() -> ledger.madeAgain().size() == 2);
            assertThat(ledger.madeAgain()).containsExactlyInAnyOrder("tile/entries/000", "tile/0/001");
            assertThat(ledger.damage()).isEmpty();
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    @Test
    void anAlteredSegmentIsReportedSoonAfterTheStart() throws Exception {
        filled(600);
        Path bundle = ledgers.evidence().resolve("tile/entries/000");
        byte[] garbled = Files.readAllBytes(bundle);
        garbled[500] ^= 1;
        Files.write(bundle, garbled);
        byte[] segment = Files.readAllBytes(segment(0));
        segment[100] ^= 1;
        Files.write(segment(0), segment);
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.await(() -> ledger.damage().isPresent());
            assertThat(ledger.madeAgain()).isEmpty();
        }
        assertThat(Files.readAllBytes(bundle)).isEqualTo(garbled);
    }

    /** Bundles that still hold the altered receipt are the evidence of the alteration. */
    @Test
    void anAlteredSegmentDoesNotReachTheDerivedFiles() throws Exception {
        filled(300);
        Path bundle = ledgers.evidence().resolve("tile/entries/000");
        byte[] good = Files.readAllBytes(bundle);
        byte[] frame = Segment.frame(0, 0, TestLedgers.refused(0).canonical());
        byte[] other = TestLedgers.refused(0).canonical();
        int at = new String(other, StandardCharsets.ISO_8859_1).indexOf("cursor");
        other[at] = 'x';
        byte[] segment = Files.readAllBytes(segment(0));
        System.arraycopy(Segment.frame(0, groupPlace(segment), other), 0, segment, Segment.HEADER_LENGTH, frame.length);
        Files.write(segment(0), segment);
        Files.write(ledgers.evidence().resolve("tile/entries/001.p/44"), new byte[0]);
        assertThatThrownBy(ledgers::open)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("differ from those that a signed checkpoint covers");
        assertThat(Files.readAllBytes(bundle)).isEqualTo(good);
    }

    private static int groupPlace(byte[] segment) {
        return ByteBuffer.wrap(segment).getShort(Segment.HEADER_LENGTH);
    }

    @Test
    void aGarbledIndexIsMadeAgain() throws Exception {
        VerifierKey key = filled(300);
        Path index = ledgers.state().resolve("ledger-index.sqlite");
        Files.write(index, "no database, and longer than its header".repeat(500).getBytes(StandardCharsets.UTF_8));
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.madeAgain()).containsExactly("the receipt index");
            assertThat(ledger.find(TestLedgers.id(77))).isPresent();
            ledger.append(TestLedgers.refused(300));
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    /** A page in the middle shows only when it is read. Then the index may not continue with holes. */
    @Test
    void anIndexWithGarbledPagesIsMadeAgain() throws Exception {
        VerifierKey key = filled(3000);
        Path index = ledgers.state().resolve("ledger-index.sqlite");
        byte[] bytes = Files.readAllBytes(index);
        Arrays.fill(bytes, 8192, bytes.length, (byte) 0x5a);
        Files.write(index, bytes);
        int starts = 0;
        for (boolean opened = false; !opened; starts++) {
            assertThat(starts).isLessThan(3);
            try (Ledger ledger = ledgers.open()) {
                ledger.append(TestLedgers.refused(3000 + starts));
                for (int i = 0; i < 3000; i += 37) { // some of each bundle
                    assertThat(ledger.find(TestLedgers.id(i))).isPresent();
                }
                opened = true;
            } catch (IOException e) {
                assertThat(e).hasStackTraceContaining("garbled");
            }
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    /** A crash may leave it. However much it looks like a segment, its name says that it is none. */
    @Test
    void aPreparedSegmentIsNoPartOfTheLog() throws Exception {
        VerifierKey key = filled(5);
        Path prepared = ledgers.evidence().resolve("segments").resolve(Journal.NextSegment.NAME);
        Files.write(prepared, Arrays.copyOf(Segment.header(5), TestLedgers.SEGMENT_BYTES));
        byte[] frame = Segment.frame(5, 0, TestLedgers.refused(5).canonical());
        append(prepared, frame);
        assertThat(ledgers.verify(key).problems()).isEmpty();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.status().size()).isEqualTo(5);
            TestLedgers.fill(ledger, 6, 500);
        }
        assertThat(prepared).doesNotExist();
        try (Ledger ledger = ledgers.open()) {
            assertThat(ledger.find(TestLedgers.id(5))).isEmpty();
            assertThat(ledger.find(TestLedgers.id(499))).isPresent();
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    /** Otherwise all receipts would wait for the zeros of each new segment. */
    @Test
    void theThreadThatCommitsWritesNoZeros() throws Exception {
        Set<String> zeroed = ConcurrentHashMap.newKeySet();
        Ledger ledger = Ledger.open(ledgers.config(false), new SecureRandom(), path -> new SegmentFile() {
            private final SegmentFile file = DiskFile.open(path);

            @Override
            public void write(byte[] bytes, long position) throws IOException {
                if (SegmentBytes.nonZeroEnd(bytes) == 0) {
                    zeroed.add(Thread.currentThread().getName());
                }
                file.write(bytes, position);
            }

            @Override
            public void force() throws IOException {
                file.force();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        });
        zeroed.clear(); // the first segment is made before anybody waits
        try (ledger) {
            for (int i = 0; i < 500; i++) {
                ledger.append(TestLedgers.refused(i)); // one at a time: no group is longer than half a segment
            }
        }
        assertThat(zeroed).containsExactly("ledger-prepare");
        assertThat(LedgerRecovery.segments(ledgers.evidence())).hasSizeGreaterThan(2);
        assertThat(ledgers.verify(ledger.verifierKey()).problems()).isEmpty();
    }

    /** The last of a full disk is needed for the alert about it. */
    @Test
    void aSegmentWithoutSpaceLeavesNoFile() throws Exception {
        Ledger ledger = Ledger.open(
                ledgers.config(false),
                new SecureRandom(),
                path -> path.endsWith(Segment.fileName(0)) ? DiskFile.open(path) : new FullFile(DiskFile.open(path)));
        int written = 0;
        try {
            for (; written < 1000; written++) {
                ledger.append(TestLedgers.refused(written));
            }
        } catch (LedgerUnavailableException e) {
            assertThat(ledger.status().refusing()).isPresent();
        }
        ledger.close();
        assertThat(written).isLessThan(1000);
        assertThat(ledgers.evidence().resolve("segments")).isDirectoryContaining("glob:**/" + Segment.fileName(0));
        assertThat(ledgers.evidence().resolve("segments"))
                .isDirectoryNotContaining("glob:**/" + Segment.fileName(written));

        Ledger again = ledgers.open();
        try (again) {
            assertThat(again.status().size()).isEqualTo(written);
            again.append(TestLedgers.refused(written));
        }
        assertThat(ledgers.verify(again.verifierKey()).problems()).isEmpty();
    }

    /** A file with room for a header, and for no more. */
    private record FullFile(SegmentFile file) implements SegmentFile {
        @Override
        public void write(byte[] bytes, long position) throws IOException {
            if (position > 0) {
                throw new IOException("No space left on device");
            }
            file.write(bytes, position);
        }

        @Override
        public void force() throws IOException {
            file.force();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** A start reads from the last checkpoint on; the verifier checks the receipts before it. */
    @Test
    void aStartReadsOnlyTheEnd() throws Exception {
        VerifierKey key = filled(600);
        Path segment = segment(0);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[100] ^= 1;
        Files.write(segment, bytes);
        try (Ledger ledger = ledgers.open()) {
            ledger.append(TestLedgers.refused(600));
        }
        assertThat(ledgers.verify(key).problems())
                .extracting(LogFinding::file)
                .containsOnly("segments/" + Segment.fileName(0));
    }

    @Test
    void aTruncatedLedgerIsCaughtByItsReplica() throws Exception {
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.fill(ledger, 0, 20);
        }
        Path backup = directory.resolve("backup");
        TestLedgers.copy(ledgers.evidence(), backup);
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.fill(ledger, 20, 25);
        }
        TestLedgers.copy(backup, ledgers.evidence());
        ledgers.deleteIndex();
        assertThatThrownBy(ledgers::openReplicated)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("the replica knows 25");
    }

    @Test
    void aRewrittenLedgerIsCaughtByItsReplica() throws Exception {
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.fill(ledger, 0, 20);
        }
        Path backup = directory.resolve("backup");
        TestLedgers.copy(ledgers.evidence(), backup);
        try (Ledger ledger = ledgers.openReplicated()) {
            TestLedgers.fill(ledger, 20, 25);
        }
        TestLedgers.copy(backup, ledgers.evidence());
        ledgers.deleteIndex();
        try (Ledger ledger = ledgers.open()) {
            TestLedgers.fill(ledger, 120, 140);
        }
        assertThatThrownBy(ledgers::openReplicated)
                .isInstanceOf(LedgerCorruptException.class)
                .hasMessageContaining("differ from those that a signed checkpoint covers");
    }

    private Path segment(long first) {
        return ledgers.evidence().resolve("segments").resolve(Segment.fileName(first));
    }

    private static int end(byte[] bytes) {
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private static void append(Path segment, byte[] more) throws Exception {
        byte[] bytes = Files.readAllBytes(segment);
        System.arraycopy(more, 0, bytes, end(bytes), more.length);
        Files.write(segment, bytes);
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
