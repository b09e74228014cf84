package dev.interlock.system.bench;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Measures durable receipts a second, against a plain loop that writes the same bytes in batches and syncs. */
final class Receipts {

    /** Attempts that wait for the ledger at once. */
    static final int IN_FLIGHT = 128;

    private static final String ORIGIN = "bench.interlock.example/receipts";
    private static final int PREALLOCATED = 64 << 20;

    private Receipts() {}

    private static Receipt receipt(long number) {
        String id = "R-01JD%022d".formatted(number);
        return new Receipt(
                id,
                Receipt.Kind.INTENT,
                Instant.EPOCH.plusMillis(number),
                ORIGIN,
                Json.object().with("agent", "jer/cursor").with("task", "work").with("reason", "x".repeat(280)));
    }

    /**
     * The measured throughput.
     *
     * @param rate receipts a second
     * @param cpuUs microseconds of processor time for each, with that of the threads which wait for them
     * @param batch the average number of receipts per sync
     * @param overDisk the rate as a part of a plain loop's
     */
    record Flow(double rate, double cpuUs, int batch, double overDisk) {}

    /** Measures the ledger, used as the gate uses it, and then the plain loop. */
    static Flow measure(Path ledger, Path plain, Duration time) throws Exception {
        ProgramUse own = ProgramUse.ofThisProcess();
        double before = own.cpuMicros();
        double rate = rate(ledger, time);
        double cpuUs = (own.cpuMicros() - before) / (rate * time.toNanos() / 1e9);
        int batch = batch(ledger.resolve("ledger/segments"));
        return new Flow(rate, cpuUs, batch, rate / plain(plain, time, batch));
    }

    /** Returns the average number of receipts in a synced group; each group begins with a frame that marks it. */
    private static int batch(Path segments) throws IOException {
        long receipts = 0;
        long groups = 0;
        try (Stream<Path> files = Files.list(segments)) {
            for (Path file : files.toList()) {
                OptionalLong first = Segment.first(file.getFileName().toString());
                if (first.isEmpty()) {
                    continue; // it is prepared, and not used yet
                }
                byte[] bytes = Files.readAllBytes(file);
                Segment segment = new Segment(bytes, first.getAsLong());
                Segment.Frame frame = segment.next();
                while (frame.found() == Segment.FrameState.FRAME) {
                    receipts++;
                    groups += ByteBuffer.wrap(bytes).getShort(frame.offset()) == 0 ? 1 : 0;
                    frame = segment.next();
                }
            }
        }
        return Math.toIntExact(Math.max(1, Math.round((double) receipts / Math.max(1, groups))));
    }

    private static double rate(Path directory, Duration time) throws Exception {
        LedgerConfig config =
                LedgerConfig.of(ORIGIN, directory.resolve("ledger"), directory.resolve("state"), Optional.empty());
        AtomicLong written = new AtomicLong();
        try (Ledger ledger = Ledger.open(config, new SecureRandom());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            long end = start + time.toNanos();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < IN_FLIGHT; i++) {
                all.add(threads.submit(() -> {
                    while (System.nanoTime() < end) {
                        ledger.append(receipt(written.incrementAndGet()));
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            return written.get() / ((System.nanoTime() - start) / 1e9);
        }
    }

    /** Measures one thread that writes the same bytes, and syncs after every {@code size} receipts. */
    private static double plain(Path directory, Duration time, int size) throws IOException {
        int length = receipt(1).canonical().length;
        ByteBuffer batch = ByteBuffer.allocateDirect(length * size);
        Path file = Files.createFile(Files.createDirectories(directory).resolve("plain"));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
            for (long at = 0; at < PREALLOCATED; at += zeros.capacity()) {
                channel.write(zeros.clear(), at);
            }
            channel.force(true);
            long start = System.nanoTime();
            long end = start + time.toNanos();
            long records = 0;
            long at = 0;
            while (System.nanoTime() < end) {
                channel.write(batch.clear(), at);
                channel.force(false);
                records += size;
                at = (at + batch.capacity()) % (PREALLOCATED - batch.capacity());
            }
            return records / ((System.nanoTime() - start) / 1e9);
        } finally {
            Files.delete(file);
        }
    }
}
