package dev.interlock.backup.source;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.TestingStore;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DumpingTest {

    private static final String DUMP = "dump";

    @TempDir
    private Path directory;

    /** The target takes nothing more, and whoever writes to it does not hear that the job has been ended. */
    @Test
    void whoNeverStopsWritingIsGivenUp() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        TestingStore store = new TestingStore(directory);
        store.does("test \"$1\" != put || exec sleep infinity");
        Path key = directory.resolve("backup.key");
        Encryption.newKey(key);
        try (Children serving = new Children();
                Children children = new Children()) {
            Shelf shelf = Shelf.of("shop", store.target(), Encryption.of(key), serving, Clock.systemUTC());
            Shelf.Writing to = shelf.begin("20260101T000000Z-abcdef").file(DUMP);
            Dumping dumping = new Dumping(children, (_, _) -> {}, Duration.ofMillis(300));
            dumping.begin(DUMP, () -> serving.start(List.of("/bin/cat", "/dev/zero"), Map.of()), to);
            children.close();
            assertThatThrownBy(dumping::await)
                    .isInstanceOf(DisturbedException.class)
                    .hasMessageContaining("takes nothing any more");
            assertThatThrownBy(dumping::close).isInstanceOf(DisturbedException.class);
        }
    }
}
