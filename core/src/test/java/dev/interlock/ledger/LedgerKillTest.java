package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Tag("promise")
class LedgerKillTest {

    private static final int THREADS = 8;
    private static final int PER_THREAD = 100_000;

    @TempDir
    Path directory;

    /** The other process. It appends for ever, and prints each receipt once it was acknowledged. */
    static final class Appender {

        private Appender() {}

        public static void main(String[] args) throws Exception {
            Ledger ledger = new TestLedgers(Path.of(args[0])).open();
            List<Thread> threads = IntStream.range(0, THREADS)
                    .mapToObj(thread -> Thread.ofVirtual().start(() -> append(ledger, thread * PER_THREAD)))
                    .toList();
            for (Thread thread : threads) {
                thread.join();
            }
        }

        private static void append(Ledger ledger, int from) {
            try {
                for (int i = from; i < from + PER_THREAD; i++) {
                    ledger.append(TestLedgers.refused(i));
                    System.out.println(i);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void everyAcknowledgedReceiptSurvivesAKill() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Appender.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<Integer> acknowledged = new ArrayList<>();
        try (BufferedReader said = process.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                acknowledged.add(Integer.parseInt(line));
                if (acknowledged.size() == 300) {
                    // Not Process.destroyForcibly, which would discard unread output.
                    process.toHandle().destroyForcibly();
                }
            }
        }
        process.waitFor();

        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(300);
        TestLedgers ledgers = new TestLedgers(directory);
        Ledger ledger = ledgers.open();
        try (ledger) {
            for (int number : acknowledged) {
                assertThat(ledger.find(TestLedgers.id(number)))
                        .as("receipt %d", number)
                        .isPresent();
            }
            ledger.append(TestLedgers.refused(THREADS * PER_THREAD));
        }
        assertThat(ledgers.verify(ledger.verifierKey()).problems()).isEmpty();
    }
}
