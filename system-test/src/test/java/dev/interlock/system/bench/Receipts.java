package dev.interlock.system.bench;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Measures durable receipts a second, written to the ledger as the gate does it. */
final class Receipts {

    /** Attempts that wait for the ledger at once. */
    private static final int IN_FLIGHT = 128;

    private static final String ORIGIN = "bench.interlock.example/receipts";

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
     */
    record Flow(double rate, double cpuUs) {}

    /** Measures the ledger below {@code directory} for some seconds, in a virtual machine as the gateway's. */
    static Flow measure(Path directory, int seconds) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProxyPrograms.java(Receipts.class.getName(), directory.toString(), Integer.toString(seconds)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("the ledger was not measured: " + said);
        }
        String[] figures = said.strip().split(" ", 2);
        return new Flow(Double.parseDouble(figures[0]), Double.parseDouble(figures[1]));
    }

    /** Takes {@code DIRECTORY SECONDS}, and prints rate and cost of the second half. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Duration time = Duration.ofSeconds(Integer.parseInt(arguments[1])).dividedBy(2);
        rate(directory.resolve("warm"), time);
        ProgramUse own = ProgramUse.ofThisProcess();
        double before = own.cpuMicros();
        double rate = rate(directory.resolve("measured"), time);
        System.out.println(rate + " " + (own.cpuMicros() - before) / (rate * time.toNanos() / 1e9));
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
}
