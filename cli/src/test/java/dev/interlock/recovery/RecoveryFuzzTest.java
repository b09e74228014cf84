package dev.interlock.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzes the contents of a kit that opens: files are restored to the paths in its gateway.yaml, or the kit is refused.
 */
final class RecoveryFuzzTest {

    private static final String LOG = "interlock.example/log";

    /** The size of a segment; each try restores a copy of the log. */
    private static final int SEGMENT_BYTES = 64 * 1024;

    @TempDir
    static Path home;

    private static Path copy;
    private static List<RecoveryKit.KitFile> whole;

    @BeforeAll
    static void log() throws IOException {
        Path made = Files.createDirectory(home.resolve("made"));
        TestingConfig.in(made, LOG, TestingKey.software());
        copy = made.resolve("ledger");
        LedgerConfig config = new LedgerConfig(
                LOG, copy, made.resolve("state"), Optional.empty(), Optional.empty(), List.of(), SEGMENT_BYTES, false);
        try (Ledger ledger = Ledger.open(config, new SecureRandom())) {
            whole = List.of(
                    new RecoveryKit.KitFile("config/gateway.yaml", false, read(made.resolve("gateway.yaml"))),
                    new RecoveryKit.KitFile("data/ledger.pub", false, Bytes.utf8(ledger.verifierKey() + "\n")),
                    new RecoveryKit.KitFile("data/ledger-state/log.key", true, read(made.resolve("state/log.key"))));
        }
    }

    private static Bytes read(Path file) throws IOException {
        return Bytes.of(Files.readAllBytes(file));
    }

    /**
     * Reads the input: each line is a path, a blank and the file's content. It may replace a file that every kit has.
     */
    private static Optional<RecoveryKit> kit(byte[] input) {
        List<RecoveryKit.KitFile> items = new ArrayList<>();
        for (String line : new String(input, StandardCharsets.UTF_8).split("\n", -1)) {
            int blank = line.indexOf(' ');
            if (blank > 0) {
                try {
                    items.add(new RecoveryKit.KitFile(
                            line.substring(0, blank), line.length() % 2 == 0, Bytes.utf8(line.substring(blank + 1))));
                } catch (MalformedException _) {
                    return Optional.empty(); // in no kit
                }
            }
        }
        whole.stream()
                .filter(item -> items.stream().noneMatch(other -> other.path().equals(item.path())))
                .forEach(items::add);
        return Optional.of(new RecoveryKit(LOG, Instant.EPOCH, 0, List.of(), items));
    }

    @FuzzTest(maxDuration = "45s")
    void restored(byte[] input) throws IOException {
        Optional<RecoveryKit> kit = kit(input);
        Path around = Files.createDirectory(home.resolve("around"));
        try {
            if (kit.isPresent()) {
                Recovery.restore(kit.get(), around.resolve("within/gateway.yaml"), copy);
            }
        } catch (IOException | IllegalArgumentException _) {
            // The only exceptions allowed out.
        } finally {
            assertThat(names(around)).isSubsetOf("within");
            assertThat(names(home)).containsExactlyInAnyOrder("around", "made");
            remove(around);
        }
    }

    @FuzzTest(maxDuration = "45s")
    void tried(byte[] input) {
        kit(input).ifPresent(kit -> {
            try {
                Recovery.attempt(kit);
            } catch (IOException | IllegalArgumentException _) {
                // The only exceptions allowed out.
            }
        });
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> inside = Files.list(directory)) {
            return inside.map(path -> path.getFileName().toString()).toList();
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
