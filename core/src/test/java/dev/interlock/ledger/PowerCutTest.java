package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.VerifierKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * A power cut: the block device of a file system is copied while a process that appends stands still. The copy has what
 * reached the device, and nothing else.
 */
@Tag("process")
class PowerCutTest {

    /** More than the ledger keeps free for people. */
    private static final int IMAGE_BYTES = 256 << 20;

    /** Copies until two are equal: then the kernel was not writing meanwhile. */
    private static final int MAX_COPIES = 50;

    @TempDir
    private Path directory;

    private Path disk;
    private Path after;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        after = Files.createDirectory(directory.resolve("after"));
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
        assumeTrue(
                did("mkfs.ext4", "-q", "-F", image.toString())
                        && did("mount", "-o", "loop", image.toString(), disk.toString()),
                "no file system can be made and mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        did("umount", after.toString());
        did("umount", disk.toString());
    }

    private static boolean did(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    @RepeatedTest(2)
    void everyAcknowledgedReceiptSurvivesAPowerCut() throws Exception {
        int enough = 200 + new Random().nextInt(400);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LedgerKillTest.Appender.class.getName(),
                        disk.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<Integer> acknowledged = new CopyOnWriteArrayList<>();
        Thread reader = Thread.ofVirtual().start(() -> read(process, acknowledged));
        TestLedgers.await(() -> acknowledged.size() >= enough || !process.isAlive());
        String number = Long.toString(process.pid());
        assertThat(did("kill", "-STOP", number)).isTrue();
        Path cut = copy();
        process.toHandle().destroyForcibly();
        process.waitFor();
        reader.join(); // everything that it printed before it stood still was acknowledged before the copy

        assertThat(did("mount", "-o", "loop", cut.toString(), after.toString())).isTrue();
        TestLedgers ledgers = new TestLedgers(after);
        VerifierKey key;
        try (Ledger live = new TestLedgers(disk).open()) {
            key = live.verifierKey();
        }
        LogReport found = ledgers.verify(key);
        assertThat(found.isCrashPossible()).as("found %s", found.problems()).isTrue();
        try (Ledger ledger = ledgers.open()) {
            for (int receipt : acknowledged) {
                assertThat(ledger.find(TestLedgers.id(receipt)))
                        .as("receipt %d of %d", receipt, acknowledged.size())
                        .isPresent();
            }
        }
        assertThat(ledgers.verify(key).problems()).isEmpty();
    }

    private static void read(Process process, List<Integer> acknowledged) {
        try (BufferedReader said = process.inputReader(StandardCharsets.US_ASCII)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                acknowledged.add(Integer.parseInt(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path copy() throws IOException {
        Path image = directory.resolve("image");
        Path cut = directory.resolve("cut");
        Files.copy(image, cut);
        for (int i = 0; i < MAX_COPIES && Files.mismatch(image, cut) >= 0; i++) {
            Files.delete(cut);
            Files.copy(image, cut);
        }
        return cut;
    }
}
