package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Ledgers in a temporary directory. */
final class TestLedgers {

    static final String ORIGIN = "interlock.example/test";

    /** The size of a segment: a handful of receipts, so that tests roll over. */
    static final int SEGMENT_BYTES = 4096;

    private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

    private final Path root;

    TestLedgers(Path root) {
        this.root = root;
    }

    Path evidence() {
        return root.resolve("evidence");
    }

    Path state() {
        return root.resolve("state");
    }

    Path replica() {
        return root.resolve("replica");
    }

    LedgerConfig config(boolean replicated) {
        return new LedgerConfig(
                ORIGIN,
                evidence(),
                state(),
                replicated ? Optional.of(replica()) : Optional.empty(),
                Optional.empty(),
                List.of(),
                SEGMENT_BYTES,
                false);
    }

    Ledger open() throws IOException {
        return Ledger.open(config(false), new SecureRandom());
    }

    Ledger openReplicated() throws IOException {
        return Ledger.open(config(true), new SecureRandom());
    }

    Ledger openReplicated(DiskReserve.DiskSpaceProbe disks, Duration patience) throws IOException {
        return Ledger.open(config(true), new SecureRandom(), DiskFile::open, disks, patience);
    }

    Ledger open(FaultyDisk disk) throws IOException {
        return Ledger.open(config(false), new SecureRandom(), disk);
    }

    static ReceiptQuery newest(int limit) {
        return ReceiptQuery.newest(limit);
    }

    static String id(int number) {
        return String.format(Locale.ROOT, "R-01JD%022d", number);
    }

    static Receipt receipt(int number, Receipt.Kind kind) {
        return receipt(number, kind, Json.object().with("agent", "jer/cursor"));
    }

    static Receipt receipt(int number, Receipt.Kind kind, Json.Members members) {
        return new Receipt(id(number), kind, START.plusSeconds(number), ORIGIN, members);
    }

    static Receipt refused(int number) {
        return receipt(number, Receipt.Kind.REFUSED);
    }

    static Receipt outcome(int number, int intent) {
        return receipt(
                number,
                Receipt.Kind.OUTCOME,
                Json.object()
                        .with("agent", "jer/cursor")
                        .with("intent", id(intent))
                        .with("result", "done"));
    }

    static void fill(Ledger ledger, int from, int to) throws IOException {
        for (int i = from; i < to - 1; i++) {
            ledger.appendOwed(refused(i));
        }
        ledger.append(refused(to - 1));
    }

    LogReport verify(VerifierKey key) throws IOException {
        return new LogVerifier(List.of(key), Map.of()).verify(evidence(), Optional.empty());
    }

    LogReport verifyWithReplica(VerifierKey key) throws IOException {
        return new LogVerifier(List.of(key), Map.of()).verify(evidence(), Optional.of(replica()));
    }

    /** Makes of it what an older version wrote, which compressed nothing. */
    static void decompress(Path evidence) throws IOException {
        for (Path file : compressed(evidence)) {
            Path plain = file.resolveSibling(GzipFile.plain(file.getFileName().toString()));
            Files.write(plain, GzipFile.read(plain));
            Files.delete(file);
        }
    }

    static List<Path> compressed(Path evidence) throws IOException {
        try (Stream<Path> files = Files.walk(evidence)) {
            return files.filter(file -> file.toString().endsWith(".gz"))
                    .sorted()
                    .toList();
        }
    }

    /** Returns the full bundles, and the segments but the last, that are not compressed. */
    static List<Path> uncompressed(Path evidence) {
        try (Stream<Path> files = Files.walk(evidence)) {
            List<Path> all = files.sorted().toList();
            List<Path> segments = all.stream()
                    .filter(file -> file.toString().endsWith(".segment"))
                    .toList();
            return all.stream()
                    .filter(file -> segments.indexOf(file) >= 0 && !file.equals(segments.getLast())
                            || evidence.relativize(file).toString().matches("tile/entries/[0-9]{3}"))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(evidence); // a file went meanwhile
        }
    }

    static void copy(Path from, Path to) throws IOException {
        delete(to);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    void deleteIndex() throws IOException {
        try (Stream<Path> files = Files.list(state())) {
            for (Path file : files.filter(f -> f.toString().contains("sqlite")).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Waits for another thread. The duration does not matter, as long as it does not hang a build. */
    static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 300_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it did not happen");
            }
            WaitLoop.pause();
        }
    }
}
