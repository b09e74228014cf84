package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests jobs that were blocked beyond their time limit, and that go on once the block ends. */
@Timeout(300)
@Tag("process")
class AbandonedJobTest {

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws IOException {
        shelf = new BackupFixture(directory);
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), "what is in it");
        BackupPlanConfig usual = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
        plan = new BackupPlanConfig(
                usual.name(),
                usual.of(),
                usual.source(),
                usual.target(),
                usual.every(),
                new Retention(1, 0),
                Optional.empty());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    @Test
    void whatWasTakenThenDoesNotCount() throws IOException {
        assertThatThrownBy(() -> shelf.take(plan, (_, _) -> shelf.interrupt()))
                .isInstanceOf(InconclusiveException.class);
        assertThat(shelf.listing(plan).entries()).isEmpty();
        try (Stream<Path> left = Files.list(shelf.directory(plan))) {
            assertThat(left).containsExactly(shelf.directory(plan).resolve(".lock"));
        }
    }

    @Test
    void nothingMoreIsRemovedThen() throws IOException {
        for (int times = 0; times < 4; times++) {
            shelf.take(plan);
        }
        assertThatThrownBy(() -> shelf.prune(plan, _ -> {
                    shelf.interrupt();
                    return false;
                }))
                .isInstanceOf(InconclusiveException.class);
        assertThat(shelf.listing(plan).entries()).hasSize(3);
    }

    @Test
    void whatWasFoundIsNotNotedThen() throws IOException {
        String id = shelf.take(plan);
        RestoreTest verification = shelf.verification(plan);
        BackupAttestation found = verification.verify(id, (_, _) -> {});
        shelf.interrupt();
        assertThatThrownBy(() -> verification.note(found, "-")).isInstanceOf(InconclusiveException.class);
        assertThat(shelf.listing(plan).youngest().orElseThrow().attested()).isEmpty();
    }
}
