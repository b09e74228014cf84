package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.MemoryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A disk fails at a moment that a seed chooses, and a crash leaves of everything unforced what it likes. Then no
 * acknowledged receipt is missing, the log verifies after the next start, and before that start a verifier takes
 * nothing for an alteration. {@code ./build faults} tries thousands of seeds; {@code -Dinterlock.seed=…
 * -Dinterlock.seeds=1} repeats one.
 */
@Tag("random")
class CrashPropertyTest {

    /** Starts that may fail because the index is garbled, which the start after that repairs. */
    private static final int MAX_STARTS = 3;

    @TempDir(factory = MemoryDirectory.class)
    private Path directory;

    static LongStream seeds() {
        long first = Long.getLong("interlock.seed", new SecureRandom().nextInt());
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(200)));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noFaultLosesAnAcknowledgedReceipt(long seed) throws Exception {
        Random random = new Random(seed);
        TestLedgers ledgers = new TestLedgers(directory);
        boolean replicated = random.nextInt(4) == 0;
        SimulatedDisk.Fault fault = SimulatedDisk.Fault.values()[random.nextInt(SimulatedDisk.Fault.values().length)];
        SimulatedDisk disk = new SimulatedDisk(random, fault, 1 + random.nextInt(120));
        List<Integer> acknowledged = new ArrayList<>();
        Optional<VerifierKey> key = run(ledgers.config(replicated), disk, random, acknowledged);
        disk.crash();
        loseUnforced(ledgers.evidence(), random);
        loseUnforced(ledgers.replica(), random);
        loseIndex(ledgers.state(), random);
        leavePrepared(ledgers.evidence(), random);

        if (key.isPresent()) {
            LogReport found = ledgers.verify(key.get());
            assertThat(found.problems())
                    .as("seed %d: a crash does not look like an alteration", seed)
                    .allMatch(problem -> found.isCrashPossible());
        }
        VerifierKey again = start(ledgers.config(replicated), acknowledged, seed);
        assertThat(ledgers.verify(again).problems()).as("seed %d", seed).isEmpty();
        try (Ledger ledger = Ledger.open(ledgers.config(replicated), new SecureRandom())) {
            assertThat(ledger.madeAgain())
                    .as("seed %d: it is mended once", seed)
                    .isEmpty();
        }
        if (replicated) {
            assertThat(ledgers.verifyWithReplica(again).problems())
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    /** Appends until the disk fails, and notes what was acknowledged. */
    private static Optional<VerifierKey> run(
            LedgerConfig config, SimulatedDisk disk, Random random, List<Integer> acknowledged) {
        int count = random.nextInt(10) == 0 ? 600 : random.nextInt(60);
        List<Integer> open = new ArrayList<>();
        try {
            Ledger ledger = Ledger.open(config, new SecureRandom(), disk);
            try {
                for (int i = 0; i < count; i++) {
                    Receipt receipt = receipt(i, open, random);
                    if (random.nextInt(count > 100 ? 20 : 2) == 0) {
                        ledger.append(receipt);
                        acknowledged.add(i);
                    } else {
                        ledger.appendOwed(receipt);
                    }
                }
            } catch (LedgerUnavailableException e) {
                assertThat(ledger.status().refusing()).isPresent();
            }
            close(ledger);
            return Optional.of(ledger.verifierKey());
        } catch (IOException e) {
            return Optional.empty(); // it failed before the ledger was there
        }
    }

    /** An intent, the outcome of an earlier one, or something else. */
    private static Receipt receipt(int number, List<Integer> open, Random random) {
        if (!open.isEmpty() && random.nextInt(3) == 0) {
            return TestLedgers.outcome(number, open.remove(random.nextInt(open.size())));
        }
        if (random.nextBoolean()) {
            open.add(number);
            return TestLedgers.receipt(number, Receipt.Kind.INTENT);
        }
        return TestLedgers.refused(number);
    }

    private static void close(Ledger ledger) {
        try {
            ledger.close();
        } catch (IOException e) {
            return; // the disk has failed
        }
    }

    private static VerifierKey start(LedgerConfig config, List<Integer> acknowledged, long seed) throws IOException {
        IOException last = new IOException("not tried");
        for (int i = 0; i < MAX_STARTS; i++) {
            try (Ledger ledger = Ledger.open(config, new SecureRandom())) {
                assertThat(ledger.openIntents())
                        .as("seed %d: open intents", seed)
                        .isEqualTo(openIntents(ledger));
                for (int number : acknowledged) {
                    assertThat(ledger.find(TestLedgers.id(number)))
                            .as("seed %d: receipt %d", seed, number)
                            .isPresent();
                }
                ledger.append(TestLedgers.refused(100_000 + i));
                return ledger.verifierKey();
            } catch (IOException e) {
                assertThat(e).as("seed %d", seed).hasStackTraceContaining("garbled");
                last = e;
            }
        }
        throw last;
    }

    /** Finds them the long way: every receipt in the segments is read. */
    private static List<Receipt> openIntents(Ledger ledger) throws IOException {
        Map<String, Receipt> open = new LinkedHashMap<>();
        ledger.read(0, receipt -> {
            if (receipt.kind() == Receipt.Kind.INTENT) {
                open.put(receipt.id(), receipt);
            }
            receipt.intent().ifPresent(open::remove);
        });
        return List.copyOf(open.values());
    }

    /** Only full tiles and bundles were forced. Of other derived files, a power cut leaves what it likes. */
    private static void loseUnforced(Path evidence, Random random) throws IOException {
        if (!Files.isDirectory(evidence)) {
            return;
        }
        List<Path> unforced;
        try (Stream<Path> files = Files.walk(evidence)) {
            unforced = files.filter(Files::isRegularFile)
                    .filter(file -> file.getParent().toString().endsWith(".p")
                            || file.getFileName().toString().equals("checkpoint"))
                    .sorted()
                    .toList();
        }
        for (Path file : unforced) {
            byte[] bytes = Files.readAllBytes(file);
            switch (random.nextInt(8)) {
                case 0 -> Files.write(file, new byte[0]);
                case 1 -> Files.write(file, new byte[bytes.length]);
                case 2 -> Files.delete(file);
                case 3 -> {
                    if (!file.getFileName().toString().equals("checkpoint")) { // it is smaller than a sector
                        Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
                    }
                }
                default -> {}
            }
        }
        if (random.nextBoolean()) {
            // of an earlier checkpoint, whose files a wider one had not replaced yet
            Path old = evidence.resolve("tile/0/000.p/1");
            Files.createDirectories(old.getParent());
            Files.write(old, new byte[random.nextBoolean() ? 0 : 32]);
        }
    }

    /** A crash may leave the next segment behind: in part, whole, or with its header. */
    private static void leavePrepared(Path evidence, Random random) throws IOException {
        Path segments = evidence.resolve("segments");
        if (Files.isDirectory(segments) && random.nextBoolean()) {
            byte[] bytes = new byte[random.nextInt(4096)];
            byte[] header = Segment.header(random.nextInt(60));
            if (random.nextBoolean()) {
                System.arraycopy(header, 0, bytes, 0, Math.min(header.length, bytes.length));
            }
            Files.write(segments.resolve(Journal.NextSegment.NAME), bytes);
        }
    }

    private static void loseIndex(Path state, Random random) throws IOException {
        Path index = state.resolve("ledger-index.sqlite");
        Path log = state.resolve("ledger-index.sqlite-wal");
        switch (random.nextInt(5)) {
            case 0 -> {
                Files.deleteIfExists(index);
                Files.deleteIfExists(log);
            }
            case 1 -> {
                byte[] garbage = new byte[8192];
                random.nextBytes(garbage);
                Files.write(index, garbage);
                Files.deleteIfExists(log);
            }
            default -> {}
        }
    }
}
