package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the copy of a ledger that is still written: its narrower tiles disappear when wider ones have come. */
final class DirectoryTreesTest {

    private static final int LOOKS = 300;

    @TempDir
    private Path directory;

    @Test
    @Timeout(60)
    void readsATreeWithChangingFiles() throws Exception {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Files.writeString(tree.resolve("lasting"), "agent-was-here");
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> comeAndGo(tree, done));
        try {
            for (int look = 0; look < LOOKS; look++) {
                assertThat(DirectoryTrees.files(tree)).contains(tree.resolve("lasting"));
                for (Path file : DirectoryTrees.files(tree)) {
                    assertThat(DirectoryTrees.text(file)).isIn("", "agent-was-here");
                }
                Path copy = directory.resolve("copy-" + look);
                DirectoryTrees.copy(tree, copy);
                assertThat(copy.resolve("lasting")).hasContent("agent-was-here");
            }
        } finally {
            done.set(true);
            writer.join();
        }
    }

    private static void comeAndGo(Path tree, AtomicBoolean done) {
        try {
            for (int n = 0; !done.get(); n++) {
                Path partial = Files.createDirectories(tree.resolve("tile")).resolve(Integer.toString(n % 7));
                Files.createFile(partial);
                Files.delete(partial);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
