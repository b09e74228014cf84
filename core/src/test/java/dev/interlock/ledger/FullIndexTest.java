package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Tile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests an index on a small disk of its own that becomes full. */
@Tag("process")
final class FullIndexTest {

    @TempDir
    private Path directory;

    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory.toString());
        assumeTrue(mounted, "nothing can be mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", directory.toString())).isTrue();
        }
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    @Test
    void aFullIndexContinuesOnceThereIsSpace() throws Exception {
        try (ReceiptIndex index = ReceiptIndex.open(directory.resolve("index.sqlite"))) {
            index.add(receipts(0));
            Path filler = directory.resolve("filler");
            fill(filler);
            assertThatThrownBy(() -> index.add(receipts(Tile.WIDTH))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> index.add(receipts(Tile.WIDTH))).isInstanceOf(IOException.class);
            Files.delete(filler);
            assertThat(index.size()).isEqualTo(Tile.WIDTH);
            index.add(receipts(Tile.WIDTH));
            assertThat(index.size()).isEqualTo(2 * Tile.WIDTH);
        }
    }

    /** The next start makes a removed index anew, and has to notice that it is incomplete. */
    @Test
    void anIncompleteIndexAcceptsNothing() throws Exception {
        Path file = directory.resolve("index.sqlite");
        try (ReceiptIndex index = ReceiptIndex.open(file)) {
            index.add(receipts(0));
            index.close();
            Files.delete(file);
            assertThatThrownBy(() -> index.add(receipts(Tile.WIDTH))).isInstanceOf(IOException.class);
            assertThat(index.size()).isZero();
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            assertThatThrownBy(() -> {
                        while (true) {
                            out.write(block);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    private static List<CommittedReceipt> receipts(int from) throws LedgerUnavailableException {
        List<CommittedReceipt> receipts = new ArrayList<>();
        for (int i = from; i < from + Tile.WIDTH; i++) {
            receipts.add(new CommittedReceipt(
                    i, LogEntry.of(TestLedgers.refused(i)), new CommittedReceipt.FramePosition(0, i, 1)));
        }
        return receipts;
    }
}
